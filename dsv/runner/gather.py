"""The rows that a round decides about, gathered from prepared shards: a partition of all, or those of some keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.runner import narrow
from dsv.runner.context import Context
from dsv.runner.keyset import Places
from dsv.runner.prepare import NARROW, Task, prepare
from dsv.stages.base import ANNOTATIONS, Decided, Round

Mask = npt.NDArray[np.bool_]


class Piece(NamedTuple):
    """One shard in a round: the key of its prepared columns in the cache, its place, and which of its rows are kept."""

    key: str
    kind: str
    rows: int
    ordinal: int
    batch_ordinal: int
    mask: Mask
    task: Task | None = None


class Part(NamedTuple):
    """What is decided at once: some keys of all pieces. `at` names the rows of each piece, None all of the partition."""

    context: Context
    pieces: Sequence[Piece]
    step: Round
    number: int = 0
    parts: int = 1
    at: Sequence[Places] | None = None

    @classmethod
    def whole(cls, tasks: Sequence[Task], masks: Sequence[Mask], step: Round, number: int, parts: int) -> Part:
        """Partition `number` of `parts` of all keys."""
        return cls(tasks[0].context, pieces(tasks, masks), step, number, parts)


def pieces(tasks: Sequence[Task], masks: Sequence[Mask]) -> list[Piece]:
    """The shards of the tasks as pieces of a round."""
    return [
        Piece(t.key, t.shard.kind, t.shard.rows, t.shard.ordinal, t.shard.batch_ordinal, mask, t)
        for t, mask in zip(tasks, masks, strict=True)
    ]


def decide(part: Part) -> Decided:
    """Decides the rows of one part."""
    frames = [_rows(part, i, piece) for i, piece in enumerate(part.pieces)]
    found = [frame for frame in frames if frame is not None]
    if not found:
        return Decided(pl.DataFrame())
    return part.step.decide(pl.concat(found, how="diagonal_relaxed"), part.context.params)


def columns(context: Context, piece: Piece) -> pl.DataFrame:
    """The prepared columns of a piece, prepared again if the cache lost them."""
    for _ in range(2):
        found = context.cache.frame(narrow.key(piece.key, NARROW))
        if found is not None:
            return found
        if piece.task is not None:
            prepare(piece.task)
    raise narrow.Lost(f"BUG: the cache in {context.layout.cache} does not keep what is written")


def _rows(part: Part, index: int, piece: Piece) -> pl.DataFrame | None:
    at = None if part.at is None else part.at[index]
    if at is not None and not len(at):
        return None
    frame = columns(part.context, piece)
    step = part.step
    if frame.width == 0 or any(column not in frame.columns for column in step.key):
        return None
    if step.columns is not None:
        frame = frame.select(c for c in frame.columns if c in {*step.columns, *step.key})
    frame = frame.with_columns(
        pl.lit(piece.ordinal, pl.UInt32).alias("shard"),
        pl.int_range(frame.height, dtype=pl.UInt32).alias("row"),
        pl.lit(piece.batch_ordinal, pl.UInt32).alias("batch"),
        pl.lit(piece.kind == ANNOTATIONS).alias("annotation"),
        pl.Series("alive", piece.mask),
    )
    if at is not None:
        return frame[at]
    return frame.filter(pl.col(step.key[0]) % part.parts == part.number) if part.parts > 1 else frame
