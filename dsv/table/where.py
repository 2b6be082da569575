"""SQL conditions over the columns of a frame, as people type them on the command line."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from dsv import errors
from dsv.record.problem import nearest
from dsv.table import types


def check(where: str, names: Collection[str]) -> None:
    """Refuses (UsageError) what is no SQL expression, or speaks of other columns than these."""
    try:
        asked = pl.sql_expr(where).meta.root_names()
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise errors.UsageError(f"{where!r} is no expression over the columns: {error}") from error
    for name in asked:
        if name not in names:
            near = nearest(name, names) or f"; there are {', '.join(sorted(names))}."
            raise errors.UsageError(f"{where!r} is no expression over the columns: there is no {name!r}{near}")


def mask(where: str, frame: pl.DataFrame) -> pl.Series:
    """Of each row whether the condition holds; where it is unknown (NULL), it does not. What is no condition is a UsageError."""
    try:
        found = frame.select(pl.sql_expr(where).alias("_where"))["_where"]
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise errors.UsageError(f"{where!r} is no expression over the columns: {error}") from error
    if found.dtype not in (pl.Boolean, pl.Null):
        raise errors.UsageError(f"{where!r} is no condition: its values are {types.called(found.dtype)}, not true or false.")
    # A constant is one row long.
    whole = found if len(found) == frame.height else pl.repeat(found.item(), frame.height, eager=True)
    return whole.cast(pl.Boolean).fill_null(False)
