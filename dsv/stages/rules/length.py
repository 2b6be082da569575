"""Drops records whose text is too short or too long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from dsv.stages.rules.base import BOXES, LIST, READS, TEXT, Common, Effect, Problems, mask, there

NAME = "length"
DOC = "Drops records whose text (or list) is shorter than min or longer than max; a null passes."


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`length: {column: text, min: 3, of: words}`."""

    column: str = field(metadata={"nonempty": True, "role": READS})
    min: int | None = field(default=None, metadata={"min": 0})
    max: int | None = field(default=None, metadata={"min": 0})
    of: Literal["characters", "words", "bytes", "items"] = field(
        default="characters", metadata={"doc": "what is counted; words are runs of non-space"}
    )

    def impossible(self) -> Problems:
        if self.min is None and self.max is None:
            yield "min", "min or max is wanted"
        elif self.min is not None and self.max is not None and self.min > self.max:
            yield "max", f"found {self.max}, at least min ({self.min}) is wanted"


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Drops the rows whose length is out of bounds."""
    if there(frame, params.column, *((LIST, BOXES) if params.of == "items" else (TEXT,))) is None:
        return Effect()
    n = count(params.column, params.of).cast(pl.Int64)
    no = pl.lit(False)
    short = no if params.min is None else n < params.min
    long = no if params.max is None else n > params.max
    counted = n.cast(pl.String) + pl.lit(f" {params.of}")
    said = pl.when(short).then(counted + pl.lit(f" < {params.min}")).otherwise(counted + pl.lit(f" > {params.max}"))
    return Effect(mask(frame, short | long), said)


def count(name: str, of: str) -> pl.Expr:
    """The length of the values of a column."""
    column = pl.col(name)
    if of == "words":
        return column.str.count_matches(r"\S+")
    if of == "bytes":
        return column.str.len_bytes()
    return column.list.len() if of == "items" else column.str.len_chars()
