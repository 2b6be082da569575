"""Decisions as values: sparse (one row a decision) or dense (one row a base row)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import polars as pl

from dsv.record import content

SPARSE = {
    "row": pl.UInt32,
    "rule": pl.String,
    "action": pl.String,
    "column": pl.String,
    "partner": pl.String,
    "detail": pl.String,
}
DROP, KEEP, SET = "drop", "keep", "set"
DROP_COLUMN = "_drop"
# What digests are of, beside the columns that are set or assigned.
ALL, MOVES = "*", "_moves"


def columns_of(digests: Mapping[str, str]) -> dict[str, str]:
    """The digests of the columns that are set or assigned."""
    return {name: digest for name, digest in digests.items() if name not in (ALL, MOVES)}


@dataclass(frozen=True)
class Decisions:
    """What one stage decided about one shard. `dense` tells which of the two layouts `table` has."""

    table: pl.DataFrame
    dense: bool = False
    _last: dict[str, pl.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    @property
    def assigned(self) -> list[str]:
        """Columns that these decisions set or assign."""
        if self.dense:
            return [c for c in self.table.columns if not c.startswith("_")]
        return [c[1:] for c in self.table.columns if c.startswith("=")]

    def digests(self) -> dict[str, str]:
        """A content digest per assigned column, of what moves records under `_moves`, and of all under `*`."""
        table = self.table
        if self.dense:
            each = {name: content.column(table[name]) for name in table.columns}
            named = {name: content.combined(table.height, {name: each[name]}) for name in self.assigned}
            return {ALL: content.combined(table.height, each), **named}
        moves = table.filter(pl.col("action") != SET)
        found = {MOVES: content.digest(moves.select(*SPARSE))} if moves.height else {}
        for name in self.assigned:
            part = table.filter((pl.col("action") == SET) & (pl.col("column") == name))
            found[name] = content.digest(part.select("row", "rule", "detail", f"={name}"))
        return {ALL: content.combined(table.height, dict(found)), **found}


def empty() -> Decisions:
    """No decision at all."""
    return Decisions(pl.DataFrame(schema=SPARSE))


def sparse(rows: Sequence[pl.DataFrame]) -> Decisions:
    """Sparse decisions from parts that may lack columns; within a row, in the order of the parts."""
    parts = [part for part in rows if part.height]
    if not parts:
        return empty()
    frame = pl.concat(
        [part.with_columns(_part=pl.lit(i, pl.UInt32)) for i, part in enumerate(parts)], how="diagonal_relaxed"
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in SPARSE.items() if name not in frame.columns]
    frame = frame.with_columns(missing).sort("row", "_part", maintain_order=True)
    # Of parts whose rows all went to other decisions a column may be left, in which nothing is set.
    values = sorted(f"={name}" for name in frame.filter(pl.col("action") == SET)["column"].unique())
    return Decisions(
        frame.select(pl.col("row").cast(pl.UInt32), *[pl.col(c).cast(SPARSE[c]) for c in list(SPARSE)[1:]], *values)
    )


def kept(decisions: Decisions, rows: int, before: pl.Series | None = None) -> pl.Series:
    """Which rows are kept after these decisions, given which were before (all when None)."""
    start = pl.repeat(True, rows, dtype=pl.Boolean, eager=True) if before is None else before
    if decisions.dense:
        if DROP_COLUMN not in decisions.table.columns:
            return start
        return start & decisions.table[DROP_COLUMN].is_null()
    moves = decisions.table.filter(pl.col("action").is_in([DROP, KEEP]))
    if moves.is_empty():
        return start
    last = moves.group_by("row", maintain_order=True).agg(pl.col("action").last())
    mask = start.to_numpy(writable=True)
    mask[last["row"].to_numpy()] = (last["action"] == KEEP).to_numpy()
    return pl.Series(mask)


def overlay(frame: pl.DataFrame, decisions: Decisions, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The frame with the values that these decisions set or assign, in the named columns (all when None)."""
    wanted = [c for c in decisions.assigned if columns is None or c in columns]
    if not wanted:
        return frame
    if decisions.dense:
        return frame.with_columns([decisions.table[c] for c in wanted])
    return reduce(lambda f, name: _set(f, name, decisions), wanted, frame)


def about(decisions: Decisions, row: int) -> Decisions:
    """The decisions about one row, as if there were no other."""
    if decisions.dense:
        return Decisions(decisions.table.slice(row, 1), dense=True)
    return Decisions(decisions.table.filter(pl.col("row") == row).with_columns(row=pl.lit(0, pl.UInt32)))


def last_set(decisions: Decisions, name: str) -> pl.DataFrame:
    """The rows that sparse decisions set a column of, and the last value of each: `row` and `=<name>`."""
    known = decisions._last.get(name)
    if known is None:
        is_set = (pl.col("action") == SET) & (pl.col("column") == name)
        known = decisions.table.filter(is_set).select("row", f"={name}")
        if known["row"].n_unique() < known.height:
            known = known.unique("row", keep="last", maintain_order=True)
        decisions._last[name] = known
    return known


def _set(frame: pl.DataFrame, name: str, decisions: Decisions) -> pl.DataFrame:
    changes = last_set(decisions, name)
    if changes.is_empty():
        return frame
    values = changes[f"={name}"]
    if name not in frame.columns:
        places = _places(changes["row"], frame.height)
        return frame.with_columns(values.gather(places).alias(name))
    old = frame[name]
    if old.dtype != values.dtype:
        # The new type of a retyped column wins; what cannot be cast has been set by the same rule.
        old = retyped(old, values.dtype)
    if values.null_count() == 0 and not old.dtype.is_nested():
        return frame.with_columns(old.scatter(changes["row"], values).alias(name))
    both = pl.concat([old.to_frame("v"), values.to_frame("v")], how="vertical_relaxed")["v"]
    position = np.arange(frame.height)
    position[changes["row"].to_numpy()] = np.arange(frame.height, frame.height + changes.height)
    return frame.with_columns(both.gather(position).alias(name))


def _places(rows: pl.Series, height: int) -> pl.Series:
    """For each of `height` rows where it is among `rows`, null where it is not."""
    place = np.full(height, -1, dtype=np.int64)
    place[rows.to_numpy()] = np.arange(len(rows))
    found = pl.Series(place)
    return found.set(found < 0, None)


def aligned(decided: pl.DataFrame, rows: int) -> pl.DataFrame:
    """One row a base row, from a table with the column `row`: null where the table has none."""
    found = decided.drop("row")
    if decided.height == rows and bool((decided["row"] == pl.int_range(rows, eager=True)).all()):
        return found
    places = _places(decided["row"], rows)
    return found.select(pl.all().gather(places)) if found.width else pl.DataFrame(height=rows)


def retyped(old: pl.Series, dtype: pl.DataType) -> pl.Series:
    """The series in another type, null where a value has none in it. Some pairs (text to date) Polars refuses outright."""
    try:
        return old.cast(dtype, strict=False)
    except pl.exceptions.InvalidOperationError:
        return pl.Series(old.name, [None] * len(old), dtype=dtype)
