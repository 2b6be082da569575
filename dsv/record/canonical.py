"""The canonical row of docs/format.md §1, as Polars expressions.

Everything here is a pure function of the values: no file, no clock, no thread count shows in the result.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

ESC, RS, US = "\x1b", "\x1e", "\x1f"
_CONTROL = "[\x1b\x1e\x1f]"
_NAN_BITS = 0x7FF8000000000000


def escape_text(text: str) -> str:
    """`esc` of the format for one text."""
    return text.replace(ESC, ESC + "b").replace(RS, ESC + "e").replace(US, ESC + "f")


def _escape(text: pl.Expr) -> pl.Expr:
    for control, letter in ((ESC, "b"), (RS, "e"), (US, "f")):
        text = text.str.replace_all(control, ESC + letter, literal=True)
    return text


def _float_bits(value: pl.Expr) -> pl.Expr:
    # Not `value + 0.0`: Polars optimises that away and -0.0 stays. NaNs differ in payload between producers.
    value = value.cast(pl.Float64)
    bits = value.reinterpret(dtype=pl.Int64)
    return (
        pl.when(value.is_nan())
        .then(pl.lit(_NAN_BITS))
        .when(value == 0.0)
        .then(pl.lit(0))
        .otherwise(bits)
        .cast(pl.String)
    )


def _decimal_text(value: pl.Expr) -> pl.Expr:
    text = value.cast(pl.String)
    short = text.str.strip_chars_end("0").str.strip_chars_end(".")
    return pl.when(text.str.contains(".", literal=True)).then(short).otherwise(text)


def _payload(value: pl.Expr, dtype: pl.DataType) -> tuple[str, pl.Expr]:
    """Tag and payload of a scalar type; text is returned unescaped."""
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "s", value if dtype == pl.String else value.cast(pl.String)
    if dtype.is_integer():
        return "i", value.cast(pl.String)
    if dtype.is_float():
        return "f", _float_bits(value)
    if dtype == pl.Boolean:
        return "b", value.cast(pl.String)
    if dtype.is_decimal():
        return "n", _decimal_text(value)
    if dtype == pl.Date:
        return "d", value.to_physical().cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        stamp = value.dt.replace_time_zone(None) if dtype.time_zone is None else value.dt.convert_time_zone("UTC")
        return "t" if dtype.time_zone is None else "z", stamp.dt.epoch("us").cast(pl.String)
    if dtype == pl.Time:
        return "h", value.to_physical().cast(pl.String)
    if isinstance(dtype, pl.Duration):
        return "p", value.dt.total_microseconds().cast(pl.String)
    if dtype == pl.Binary:
        return "x", value.bin.encode("hex")
    raise TypeError(f"no canonical form for {dtype}")


def plain(values: pl.Series) -> tuple[str, pl.Series]:
    """Tag and payload of a column of scalars; numbers and booleans as such, all else as its text or whole number."""
    dtype = values.dtype
    if dtype.is_integer():
        return "i", values
    if dtype.is_float():
        return "f", values
    if dtype == pl.Boolean:
        return "b", values
    tag, payload = _payload(pl.col(values.name), dtype)
    found = values.to_frame().select(payload).to_series()
    return tag, found.cast(pl.Int64) if tag in "dtzhp" else found


def _nested(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """`tag payload` of one value of any type, escaped, null for null."""
    if isinstance(dtype, pl.Array):
        value, dtype = value.arr.to_list(), pl.List(dtype.inner)
    if isinstance(dtype, pl.List):
        if dtype.inner == pl.Null:
            empties = value.list.eval(pl.lit("-" + RS)).list.join("")
            return pl.when(value.is_not_null()).then(pl.lit("l") + _escape(empties))
        element = pl.coalesce(_nested(pl.element(), dtype.inner), pl.lit("-")) + pl.lit(RS)  # type: ignore[arg-type]
        return pl.when(value.is_not_null()).then(pl.lit("l") + _escape(value.list.eval(element).list.join("")))
    if isinstance(dtype, pl.Struct):
        # By number: Polars takes a name such as `*` for a pattern.
        numbered = value.struct.rename_fields([str(i) for i in range(len(dtype.fields))])
        fields = sorted(enumerate(dtype.fields), key=lambda pair: pair[1].name.encode())
        row = pl.concat_str(
            [
                pl.lit(f"{escape_text(f.name)}{US}") + _nested(numbered.struct.field(str(i)), f.dtype) + pl.lit(RS)  # type: ignore[arg-type]
                for i, f in fields
                if f.dtype != pl.Null
            ]
            or [pl.lit("")],
            ignore_nulls=True,
        )
        return pl.when(value.is_not_null()).then(pl.lit("r") + _escape(row))
    tag, payload = _payload(value, dtype)
    return pl.lit(tag) + (_escape(payload) if tag == "s" else payload)


def _field(series: pl.Series, column: pl.Expr) -> tuple[str, pl.Expr]:
    """`name US tag` as literal, and the escaped payload."""
    head = f"{escape_text(series.name)}{US}"
    if series.dtype.is_nested():
        return head, _nested(column, series.dtype)
    tag, payload = _payload(column, series.dtype)
    # Looking is cheaper than replacing: nearly no text holds a control character.
    if tag == "s" and series.cast(pl.String).str.contains(_CONTROL).any():
        payload = _escape(payload)
    return head + tag, payload


def rows(frame: pl.DataFrame, columns: Sequence[str] | None = None) -> pl.Series:
    """The canonical rows of a frame, one text a row, over the named columns (all when None)."""
    names = sorted(frame.columns if columns is None else columns, key=lambda name: name.encode())
    series = [frame[name] for name in names if frame.schema[name] != pl.Null]
    # By number: Polars takes a name such as `*` for a pattern.
    numbered = pl.DataFrame([one.alias(str(i)) for i, one in enumerate(series)])
    parts: list[pl.Expr] = []
    pending = ""
    for i, one in enumerate(series):
        head, payload = _field(one, pl.col(str(i)))
        if one.null_count() == 0:
            # Literals of neighbouring columns melt into one: fewer parts, a third less time.
            parts += [pl.lit(pending + head), payload]
            pending = RS
        else:
            if pending:
                parts.append(pl.lit(pending))
                pending = ""
            parts.append(pl.concat_str([pl.lit(head), payload, pl.lit(RS)]))
    if pending:
        parts.append(pl.lit(pending))
    if not parts or frame.height == 0:
        return pl.Series("row", [""] * frame.height, dtype=pl.String)
    return numbered.select(pl.concat_str(parts, ignore_nulls=True).alias("row"))["row"]
