"""Declared column types: text becomes values, and what does not fit is named, never nulled in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import polars as pl

EPOCH: dict[str, Literal["s", "ms", "us"]] = {"epoch": "s", "epoch_ms": "ms", "epoch_us": "us"}
_INTEGER = r"^[+-]?[0-9]+$"
_FLOAT = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$|^[+-]?(?i:inf|infinity|nan)$"
_ISO = (
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
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
        if form in EPOCH:
            number = pl.when(text.str.contains(_INTEGER)).then(text).cast(pl.Int64, strict=False)
            tries.append(pl.from_epoch(number, EPOCH[form]).cast(pl.Datetime("us")))
        elif "%z" in form or "%:z" in form:
            tries.append(
                text.str.to_datetime(
                    form, strict=False, exact=True, time_unit="us", time_zone="UTC"
                ).dt.replace_time_zone(None)
            )
        elif "%H" in form or "%I" in form or "%s" in form or "%T" in form:
            tries.append(text.str.to_datetime(form, strict=False, exact=True, time_unit="us"))
        else:
            tries.append(text.str.to_date(form, strict=False, exact=True).cast(pl.Datetime("us")))
    moment = pl.coalesce(tries)
    if column.type == "datetime":
        return moment
    return pl.when(moment == moment.dt.truncate("1d")).then(moment.cast(pl.Date))


def _parse(name: str, column: Column) -> pl.Expr:
    text = pl.col(name)
    if column.type == "int":
        return pl.when(text.str.contains(_INTEGER)).then(text.str.strip_prefix("+")).cast(pl.Int64, strict=False)
    if column.type == "float":
        return pl.when(text.str.contains(_FLOAT)).then(text.str.strip_prefix("+")).cast(pl.Float64, strict=False)
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
        return value if dtype.is_nested() else value.cast(pl.String)
    wanted: dict[str, pl.DataType | type[pl.DataType]] = {
        "int": pl.Int64,
        "float": pl.Float64,
        "bool": pl.Boolean,
        "date": pl.Date,
        "datetime": pl.Datetime("us"),
    }
    if column.type not in wanted or dtype.is_nested():
        return value
    if column.type == "int" and dtype.is_float():
        return pl.when(value == value.round()).then(value).cast(pl.Int64, strict=False)
    if isinstance(dtype, pl.Datetime) and column.type == "datetime":
        return value.dt.cast_time_unit("us")
    return value.cast(wanted[column.type], strict=False)


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
        shown = frame[name].gather(lost).cast(pl.String, strict=False)
        misfits += [
            Misfit(row, f"{name}: {str(value)[:60]!r} is no {column.type}")
            for row, value in zip(lost.to_list(), shown.to_list(), strict=True)
        ]
    return converted, sorted(misfits)
