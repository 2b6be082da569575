"""A stage of the user's own, for the contract tests."""

from __future__ import annotations

import polars as pl


def cheap(records: pl.DataFrame, most: float = 5.0) -> pl.DataFrame:
    """What costs little, with the price in cents."""
    kept = records.filter(pl.col("price").is_null() | (pl.col("price") <= most))
    return kept.with_columns(cents=(pl.col("price") * 100).cast(pl.Int64), text=pl.col("text").str.to_uppercase())
