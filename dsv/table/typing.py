"""Declared column types: text becomes values, and what does not fit is named, never nulled in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from dsv.record.dateformat import EPOCHS
from dsv.table import dates, mixing

_INTEGER = r"^[+-]?[0-9]+$"
_NO_NUMBER = r"^[+-]?(?i:inf|infinity|nan)$"
_FLOAT = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$|" + _NO_NUMBER
_TYPES: dict[str, pl.DataType] = {
    "int": pl.Int64(),
    "float": pl.Float64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}
DAY = "%Y-%m-%d"
_ISO = (
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    DAY,
)


class Column(NamedTuple):
    """A declared column: `type` is string, int, float, bool, date, datetime or json."""

    type: str
    formats: Sequence[str] = ()
    true: Sequence[str] = ("true", "True", "TRUE", "1", "yes")
    false: Sequence[str] = ("false", "False", "FALSE", "0", "no")


class Misfit(NamedTuple):
    """A row whose value does not fit its column's type."""

    row: int
    reason: str


def moment(text: pl.Expr, column: Column) -> pl.Expr:
    """The date or datetime of a text by the first of the column's formats that fits; null where none does."""
    tries = []
    for form in column.formats or _ISO:
        if form in EPOCHS:
            number = pl.when(text.str.contains(_INTEGER)).then(text).cast(pl.Int64, strict=False)
            tries.append(dates.epoch(number, form))
        else:
            tries.append(dates.read(text, form))
    return _daily(pl.coalesce(tries), column)


def _daily(moment: pl.Expr, column: Column) -> pl.Expr:
    """The moments as the column has them: a date is one of midnight alone."""
    if column.type == "datetime":
        return moment
    return pl.when(moment == moment.dt.truncate("1d")).then(moment.cast(pl.Date))


def _parse(name: str, column: Column) -> pl.Expr:
    text = pl.col(name)
    if column.type == "int":
        return pl.when(text.str.contains(_INTEGER)).then(text.str.strip_prefix("+")).cast(pl.Int64, strict=False)
    if column.type == "float":
        number = pl.when(text.str.contains(_FLOAT)).then(text.str.strip_prefix("+")).cast(pl.Float64, strict=False)
        # 1e400 says a number, and none that there is.
        return pl.when(number.is_finite() | text.str.contains(_NO_NUMBER)).then(number)
    if column.type == "bool":
        return pl.when(text.is_in(list(column.true))).then(True).when(text.is_in(list(column.false))).then(False)
    if column.type in ("date", "datetime"):
        return moment(text, column)
    return text


def _convert(name: str, column: Column, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if dtype == pl.String:
        return _parse(name, column)
    if column.type == "string":
        if dtype == pl.Time:
            # Polars leaves the parts of a second out.
            return value.dt.to_string("%H:%M:%S%.f")
        return value if dtype.is_nested() else value.cast(pl.String)
    if column.type == "json":
        return value
    if dtype == pl.Null or dtype.is_nested():
        # A list or a struct is no plain value, whatever it holds.
        return pl.lit(None, _TYPES[column.type])
    if column.type in ("date", "datetime"):
        return _dated(value, column, dtype)
    if column.type == "bool":
        # Of numbers only 0 and 1 say what is true.
        return value if dtype == pl.Boolean else _fitting(value, dtype.is_numeric() and (value == 0) | (value == 1), column)
    if column.type == "int" and not dtype.is_integer():
        return _fitting(value, dtype.is_numeric() and value == value.round(), column)
    return _fitting(value, dtype.is_numeric(), column)


def _fitting(value: pl.Expr, fits: pl.Expr | bool, column: Column) -> pl.Expr:
    """The values that fit in the type of the column, null for the others."""
    kind = _TYPES[column.type]
    return pl.lit(None, kind) if fits is False else pl.when(fits).then(value).cast(kind, strict=False)


def _dated(value: pl.Expr, column: Column, dtype: pl.DataType) -> pl.Expr:
    """Dates and times of a column that holds no text: a number is one where a format says since when it counts."""
    if isinstance(dtype, pl.Datetime):
        return _daily(value.dt.cast_time_unit("us"), column)
    if dtype == pl.Date:
        return value if column.type == "date" else value.cast(pl.Datetime("us"))
    since = [form for form in column.formats if form in EPOCHS]
    if not since or not dtype.is_numeric():
        return pl.lit(None, _TYPES[column.type])
    number = value if dtype.is_float() else value.cast(pl.Int64, strict=False)
    return _daily(pl.coalesce(dates.epoch(number, form) for form in since), column)


def fits(texts: pl.Series, column: Column) -> bool:
    """Whether all texts have a value in the type of the column."""
    values = texts.alias("v").to_frame()
    if column.type not in ("date", "datetime"):
        return int(values.select(_parse("v", column).null_count()).item()) == texts.null_count()
    # One format after the other, of what is left: mostly one that the first text has is that of all.
    left = values.drop_nulls()
    forms = column.formats or _ISO
    for form in sorted(forms, key=lambda form: _left(left.head(1), column, form).height):
        left = _left(left, column, form)
    return left.is_empty()


def _left(values: pl.DataFrame, column: Column, form: str) -> pl.DataFrame:
    return values.filter(moment(pl.col("v"), column._replace(formats=(form,))).is_null())


def typed(frame: pl.DataFrame, columns: Mapping[str, Column]) -> tuple[pl.DataFrame, list[Misfit]]:
    """The frame with declared types, and the rows that do not fit (they are null there and still in the frame)."""
    present = {name: column for name, column in columns.items() if name in frame.columns}
    if not present:
        return frame, []
    # A null in the source is a null; only a value that was there and is gone is a misfit.
    converted = frame.with_columns(
        _convert(name, column, frame.schema[name]).alias(name) for name, column in present.items()
    )
    misfits = []
    for name, column in present.items():
        if converted[name].null_count() == frame[name].null_count():
            continue
        lost = (converted[name].is_null() & frame[name].is_not_null()).arg_true()
        shown = mixing.shown(frame[name].gather(lost))
        misfits += [
            Misfit(row, f"{name}: {str(value)[:60]!r} is no {column.type}")
            for row, value in zip(lost.to_list(), shown.to_list(), strict=True)
        ]
    return converted, sorted(misfits)
