"""The rows that a round decides about, gathered from prepared shards: a partition of all, or those of some keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.runner.shards import narrow
from dsv.runner.shards.keyset import Places
from dsv.runner.stage.context import Context
from dsv.runner.stage.prepare import NARROW, Task, prepare
from dsv.stages.base import ANNOTATIONS, Round

Mask = npt.NDArray[np.bool_]

# As many different texts have numbers of one byte.
FEW = 255


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
    """What is decided at once: pieces as a whole, or of each the rows `at` these places."""

    context: Context
    pieces: Sequence[Piece]
    step: Round
    at: Sequence[Places] | None = None


class Found(NamedTuple):
    """What was decided about a part: its rows, with numbers for texts, and the summed figures."""

    rows: pl.DataFrame = pl.DataFrame()
    stats: Mapping[str, int] = {}


def pieces(tasks: Sequence[Task], masks: Sequence[Mask]) -> list[Piece]:
    """The shards of the tasks as pieces of a round."""
    return [
        Piece(t.key, t.shard.kind, t.shard.rows, t.shard.ordinal, t.shard.batch_ordinal, mask, t)
        for t, mask in zip(tasks, masks, strict=True)
    ]


def decide(part: Part) -> Found:
    """Decides the rows of one part."""
    if part.at is None:
        frames = [group.frame() for group in groups(part)]
    else:
        frames = [frame for i, piece in enumerate(part.pieces) if (frame := _rows(part, i, piece)) is not None]
    return decided(part.context, part.step, frames)


def decided(context: Context, step: Round, frames: Sequence[pl.DataFrame]) -> Found:
    """What the step decides about all rows of the frames."""
    if not frames:
        return Found()
    found = step.decide(pl.concat(frames, how="diagonal_relaxed"), context.params)
    return Found(packed(found.rows), found.stats)


def packed(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with numbers for texts of which there are few: what is decided about all records waits in memory."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    few = {name: values for name in texts if len(values := frame[name].unique().drop_nulls()) < FEW}
    return frame.with_columns(pl.col(name).cast(pl.Enum(values.sort())) for name, values in few.items())


def columns(context: Context, piece: Piece) -> pl.DataFrame:
    """The prepared columns of a piece, prepared again if the cache lost them."""
    for _ in range(2):
        found = context.cache.mapped_frame(narrow.key(piece.key, NARROW))
        if found is not None:
            return found
        if piece.task is not None:
            prepare(piece.task)
    raise narrow.Lost(f"BUG: the cache in {context.layout.cache} does not keep what is written")


def _wanted(part: Part, piece: Piece) -> pl.DataFrame | None:
    """The columns of a piece that the step asks for; None where the piece takes no part in it."""
    frame, step = columns(part.context, piece), part.step
    if frame.width == 0 or any(column not in frame.columns for column in step.key):
        return None
    if step.columns is not None:
        frame = frame.select(c for c in frame.columns if c in {*step.columns, *step.key})
    return frame


def _rows(part: Part, index: int, piece: Piece) -> pl.DataFrame | None:
    assert part.at is not None
    at = part.at[index]
    if not len(at):
        return None
    frame = _wanted(part, piece)
    if frame is None:
        return None
    frame = frame.with_columns(
        pl.lit(piece.ordinal, pl.UInt32).alias("shard"),
        pl.int_range(frame.height, dtype=pl.UInt32).alias("row"),
        pl.lit(piece.batch_ordinal, pl.UInt32).alias("batch"),
        pl.lit(piece.kind == ANNOTATIONS).alias("annotation"),
        pl.Series("alive", piece.mask),
    )
    return frame[at]


class Group:
    """Pieces that follow each other and have the same columns, as one mapped frame of many chunks: nothing is copied."""

    def __init__(self, members: Sequence[tuple[Piece, pl.DataFrame]]) -> None:
        self._pieces = [piece for piece, _ in members]
        self._frame = pl.concat([frame for _, frame in members], rechunk=False)

    def numbers(self, key: Sequence[str], parts: int) -> npt.NDArray[np.unsignedinteger[Any]]:
        """The part that each row is in; that of a row without a key is `parts`, which is none."""
        kind = pl.UInt8 if parts < 2**8 else pl.UInt16 if parts < 2**16 else pl.UInt32
        number = (pl.col(key[0]) % parts).fill_null(parts).cast(kind)
        return self._frame.select(number.alias("number")).to_series().to_numpy()

    def frame(self) -> pl.DataFrame:
        """The rows in arrival order, with their places."""
        rows = [piece.rows for piece in self._pieces]
        starts = np.repeat(np.cumsum([0, *rows])[:-1], rows)
        return self._frame.with_columns(
            shard=_spread([piece.ordinal for piece in self._pieces], rows),
            row=pl.Series((np.arange(len(starts)) - starts).astype(np.uint32)),
            batch=_spread([piece.batch_ordinal for piece in self._pieces], rows),
            annotation=pl.lit(self._pieces[0].kind == ANNOTATIONS),
            alive=pl.Series(np.concatenate([piece.mask for piece in self._pieces])),
        )


def _spread(values: Sequence[int], rows: Sequence[int]) -> pl.Series:
    return pl.Series(np.repeat(np.array(values, dtype=np.uint32), rows))


def groups(part: Part) -> list[Group]:
    """The pieces of the part that take part in its step."""
    found = [(piece, frame) for piece in part.pieces if (frame := _wanted(part, piece)) is not None]
    return [Group(list(alike)) for _, alike in groupby(found, lambda one: (one[0].kind, one[1].schema))]
