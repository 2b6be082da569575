"""Decision files: what of a Decisions value goes into Parquet, and back.

Sparse decisions lie in two files: what drops or takes back (few, and soon changed), and the values that are set (many,
and seldom changed), so that a rule that drops more does not store the values again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from dsv.ledger.decisions import SET, SPARSE, Decisions

REPEATED = ("rule", "action", "column", "partner", "detail")
SETS = ".set.parquet"


def sets_name(relative: str) -> str:
    """The name of the file with the values that are set, beside the shard's decision file."""
    return relative.removesuffix(".parquet") + SETS


def moves(decisions: Decisions) -> pl.DataFrame | None:
    """What is stored under the shard's name: a dense table, or what drops or takes back; None where there is nothing."""
    if decisions.dense:
        return decisions.table
    table = decisions.table.filter(pl.col("action") != SET)
    return _slim(table.select(*SPARSE)) if table.height else None


def sets(decisions: Decisions) -> pl.DataFrame | None:
    """The values that sparse decisions set; None where there are none."""
    if decisions.dense:
        return None
    table = decisions.table.filter(pl.col("action") == SET)
    return _slim(table) if table.height else None


def _slim(table: pl.DataFrame) -> pl.DataFrame:
    """Without those of the fixed columns that are null everywhere."""
    return table.drop([c for c in REPEATED if table[c].null_count() == table.height])


def restore(parts: list[pl.DataFrame], meta: Mapping[str, Any]) -> Decisions:
    """The decisions in the tables that were stored; of a row, the sets come before what drops it."""
    if meta["layout"] == "dense":
        return Decisions(parts[0], dense=True)
    table = parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal_relaxed").sort("row", maintain_order=True)
    missing = [pl.lit(None, SPARSE[c]).alias(c) for c in REPEATED if c not in table.columns]
    table = table.with_columns(missing)
    values = [c for c in table.columns if c.startswith("=")]
    return Decisions(table.select(pl.col("row").cast(pl.UInt32), *REPEATED, *values))
