"""Drops records that lack a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import polars as pl

from dsv.stages.rules import shown
from dsv.stages.rules.base import READS, TEXT, Common, Effect, kind, mask

NAME = "missing"
DOC = "Drops records in which any (or all) of the columns are null or NaN."


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`missing: {columns: [text]}`, in short `missing: [text]`."""

    SHORT: ClassVar[str] = "columns"

    columns: tuple[str, ...] = field(metadata={"nonempty": True, "unique": True, "role": READS})
    when: Literal["any", "all"] = field(default="any", metadata={"doc": "how many of the columns must be missing"})
    blank: bool = field(default=False, metadata={"doc": "text of nothing but white space is missing too"})


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Drops the rows that lack a value."""
    lacking = [_lacking(name, frame.schema[name], params.blank) for name in params.columns]
    together = pl.any_horizontal(lacking) if params.when == "any" else pl.all_horizontal(lacking)
    names = pl.concat_str(
        [pl.when(test).then(pl.lit(f"{name}, ")) for name, test in zip(params.columns, lacking, strict=True)],
        ignore_nulls=True,
    )
    return Effect(
        mask(frame, together), shown.cut(names.str.strip_suffix(", "), shown.LONGEST - 8) + pl.lit(" missing")
    )


def _lacking(name: str, dtype: pl.DataType, blank: bool) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_float():
        return column.is_null() | column.is_nan().fill_null(False)
    if blank and kind(dtype) == TEXT:
        return column.is_null() | ~column.str.contains(r"\S").fill_null(False)
    return column.is_null()
