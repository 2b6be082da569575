"""Dates and times that people write in params: ISO 8601, without a zone UTC where the column has one."""

from __future__ import annotations

import datetime as dt

import polars as pl


def parse(text: str) -> dt.datetime | None:
    """The date or time, without zone and in UTC where it had one; None where it is none."""
    try:
        found = dt.datetime.fromisoformat(text)
        return found if found.tzinfo is None else found.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        # In UTC it may be in the year 0.
        return None


def literal(moment: dt.datetime, dtype: pl.DataType) -> pl.Expr:
    """The moment, to be compared with a column of dates or times."""
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        return pl.lit(moment, pl.Datetime("us")).dt.replace_time_zone("UTC")
    return pl.lit(moment, pl.Datetime("us"))


def column(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column of dates or times in the precision of `literal`."""
    return pl.col(name).cast(pl.Datetime("us")) if dtype == pl.Date else pl.col(name)
