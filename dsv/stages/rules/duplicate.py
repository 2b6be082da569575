"""Drops records that repeat an earlier one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from dsv.record import digest
from dsv.stages.base import ID
from dsv.stages.rules.base import READS, Common, Problems, evaluate

NAME = "duplicate"
DOC = "Drops records that are equal to an earlier one, in arrival order, in all or in the named columns."

# a name that no column of a file has
_SOURCE = "\x00source"


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`duplicate: {columns: [text]}`; `duplicate: {}` compares all columns but the key."""

    columns: tuple[str, ...] = field(
        default=(), metadata={"nonempty": True, "unique": True, "role": READS, "doc": "all but the key when left out"}
    )
    except_: tuple[str, ...] = field(
        default=(), metadata={"nonempty": True, "unique": True, "role": READS, "doc": "columns that do not count"}
    )
    keep: Literal["first"] = field(default="first", metadata={"doc": "a later one would change when data arrives"})
    nulls: Literal["equal", "differ"] = field(default="equal", metadata={"doc": "whether two nulls are the same value"})
    within: Literal["dataset", "source"] = field(default="dataset", metadata={"doc": "where copies are looked for"})

    def impossible(self) -> Problems:
        if self.columns and self.except_:
            yield "except", "columns and except do not go together"
        if self.nulls == "differ" and not self.columns:
            # A column that only other shards have is null too, and a shard cannot know of it.
            yield "nulls", "nulls: differ wants columns that are named"


def keys(frame: pl.DataFrame, source: str, key: tuple[str, ...], params: Any) -> pl.DataFrame:
    """Halves of the record hash over the columns compared; null where nulls differ and one is there."""
    # Only what is null everywhere is of type Null: it counts as absent, as in the record hash.
    names = params.columns or [c for c in frame.columns if c not in {ID, *key, *params.except_}]
    compared = list(names)
    if params.within == "source":
        frame, compared = frame.with_columns(pl.lit(source).alias(_SOURCE)), [*compared, _SOURCE]
    found = digest.halves(digest.record_hashes(frame, compared))
    if params.nulls == "equal":
        return found
    whole = evaluate(frame, pl.all_horizontal([pl.col(name).is_not_null() for name in names]))
    return found.select(pl.when(whole).then(pl.col("hi")).alias("hi"), pl.when(whole).then(pl.col("lo")).alias("lo"))


def decide(rows: pl.DataFrame, params: Any) -> pl.DataFrame:
    """All rows of a key but the first, with the first as partner."""
    together = ["hi", "lo"]
    repeated = rows.filter(pl.struct(together).is_duplicated())
    first = repeated.with_columns(
        pl.col("shard").first().over(together).alias("partner_shard"),
        pl.col("row").first().over(together).alias("partner_row"),
    )
    later = (pl.col("shard") != pl.col("partner_shard")) | (pl.col("row") != pl.col("partner_row"))
    return first.filter(later).select("shard", "row", "partner_shard", "partner_row")
