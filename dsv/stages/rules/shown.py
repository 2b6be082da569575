"""Values as details of decisions show them: short, on one line."""

from __future__ import annotations

import polars as pl

from dsv.stages.rules.base import TEXT, kind

LONGEST, VALUE, NAME = 80, 40, 30
_BREAKS = r"[\x00-\x1f\x7f\u{85}\u{2028}\u{2029}]"


def cut(text: pl.Expr, most: int = LONGEST) -> pl.Expr:
    """The text on one line, cut where it is too long for a detail."""
    line = text.str.replace_all(_BREAKS, " ")
    return pl.when(line.str.len_chars() > most).then(line.str.head(most - 1) + pl.lit("…")).otherwise(line)


def value(frame: pl.DataFrame, name: str, most: int = VALUE) -> pl.Expr:
    """A value of the column as text: `3.5`, `'grey'`, `null`."""
    dtype = frame.schema[name]
    if dtype.is_nested() or dtype == pl.Binary:
        return pl.when(pl.col(name).is_null()).then(pl.lit("null")).otherwise(pl.lit("…"))
    text = cut(_text(name, dtype), most)
    quoted = pl.lit("'") + text + pl.lit("'") if kind(dtype) == TEXT else text
    return quoted.fill_null("null")


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    if not isinstance(dtype, pl.Datetime):
        return pl.col(name).cast(pl.String)
    if dtype.time_zone is None:
        return pl.col(name).dt.to_string("%Y-%m-%dT%H:%M:%S%.f")
    return pl.col(name).dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")


def named(frame: pl.DataFrame, name: str, most: int = VALUE) -> pl.Expr:
    """`price=3.5`, the name cut as well; at most 73 characters."""
    short = name if len(name) <= NAME else name[: NAME - 1] + "…"
    return pl.lit(f"{short}=") + value(frame, name, most)


def many(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Expr:
    """`price=3.5, lang='fr'`, cut."""
    return cut(pl.concat_str([named(frame, name, 24) for name in names], separator=", "))
