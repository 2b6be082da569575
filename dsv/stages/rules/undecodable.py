"""Drops media that could not be decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import polars as pl

from dsv.stages.rules import shown
from dsv.stages.rules.base import BOOL, READS, Common, Effect, mask, there

NAME = "undecodable"
DOC = "Drops media whose column `decoded` is false; null says that nobody tried."


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`undecodable: {}`."""

    SHORT: ClassVar[str] = "column"

    column: str = field(default="decoded", metadata={"nonempty": True, "role": READS})
    unknown: Literal["drop", "keep"] = field(default="keep", metadata={"doc": "what becomes of a record with null"})
    reason: str | None = field(
        default="decode_error",
        metadata={"nonempty": True, "role": READS, "doc": "a column that says why, for the detail"},
    )


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Drops the rows that were not decoded."""
    column = pl.col(params.column)
    known = there(frame, params.column, BOOL) is not None
    hit = ~column if known else pl.lit(None, pl.Boolean)
    if params.unknown == "drop":
        hit = hit.fill_null(True)
    said = (
        pl.when(column.is_null())
        .then(pl.lit("not known whether it can be decoded"))
        .otherwise(pl.lit("cannot be decoded"))
    )
    if params.reason is not None:
        said = shown.cut(pl.coalesce(shown.cut(pl.col(params.reason).cast(pl.String)), said))
    return Effect(mask(frame, hit), said)
