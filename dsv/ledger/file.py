"""Decision files: what of a Decisions value goes into Parquet, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from dsv.ledger.decisions import SPARSE, Decisions

REPEATED = ("rule", "action", "column", "partner", "detail")


def slim(decisions: Decisions) -> pl.DataFrame:
    """The table as it is stored: of the fixed columns, those that are null everywhere are left out."""
    table = decisions.table
    if decisions.dense:
        return table
    return table.drop([c for c in REPEATED if table[c].null_count() == table.height])


def restore(table: pl.DataFrame, meta: Mapping[str, Any]) -> Decisions:
    """The decisions that `slim` stored."""
    if meta["layout"] == "dense":
        return Decisions(table, dense=True)
    missing = [pl.lit(None, SPARSE[c]).alias(c) for c in REPEATED if c not in table.columns]
    table = table.with_columns(missing)
    values = [c for c in table.columns if c.startswith("=")]
    if "row" not in table.columns:
        raise AssertionError("BUG: decisions are read without their rows")
    return Decisions(table.select(pl.col("row").cast(pl.UInt32), *REPEATED, *values))
