"""Many rows are brought together by key through files: read once, written by the part of all keys that they are in.

So memory holds one part and a worker at a time, however many rows there are, and no row is looked at once for each part.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from dsv.runner.shards import narrow
from dsv.runner.stage import gather
from dsv.runner.stage.context import Context
from dsv.runner.stage.gather import Found, Part, Piece
from dsv.runner.stage.prepare import NARROW
from dsv.stages.base import Round

# Bytes of narrow columns that are decided at once, or written at once; deciding takes several times as much.
STEP = 64_000_000
# Bytes a row of what tells its place.
PLACE = 14
PLACES = ("shard", "row", "batch")


class Bundle(NamedTuple):
    """Pieces to write by part."""

    part: Part
    parts: int
    folder: Path


class Written(NamedTuple):
    """A file of rows in the order of their parts, and where each part begins and the last one ends."""

    path: Path
    starts: Sequence[int]
    schema: Mapping[str, pl.DataType]

    def rows(self, number: int) -> pl.DataFrame:
        """The rows of a part, in arrival order."""
        start, end = self.starts[number : number + 2]
        with pa.memory_map(str(self.path)) as file:
            found = pl.from_arrow(pa.ipc.open_file(file).read_all().slice(start, end - start))
        assert isinstance(found, pl.DataFrame)
        return found.with_columns(
            pl.col(name).cast(kind) for name, kind in self.schema.items() if found.schema[name] != kind
        )


class Some(NamedTuple):
    """One part to decide, of all files."""

    context: Context
    step: Round
    written: Sequence[Written]
    number: int


def size(context: Context, pieces: Sequence[Piece]) -> int:
    """About how many bytes the rows of the pieces have in a round."""
    return sum(context.cache.size(narrow.key(piece.key, NARROW)) + PLACE * piece.rows for piece in pieces)


def bundles(whole: Part, parts: int, folder: Path) -> list[Bundle]:
    """The pieces in bundles of which each is written at once."""
    sizes = np.cumsum([size(whole.context, [piece]) for piece in whole.pieces])
    cut = groupby(zip((sizes // STEP).tolist(), whole.pieces, strict=True), lambda one: one[0])
    return [Bundle(Part(whole.context, [piece for _, piece in own], whole.step), parts, folder) for _, own in cut]


def write(bundle: Bundle) -> list[Written]:
    """Writes the rows of a bundle."""
    return [_write(group, bundle) for group in gather.groups(bundle.part)]


def _write(group: gather.Group, bundle: Bundle) -> Written:
    numbers = group.numbers(bundle.part.step.key, bundle.parts)
    order = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[order], np.arange(bundle.parts + 1))
    frame = group.frame()
    schema = dict(frame.schema)
    small = frame.with_columns(frame[name].shrink_dtype() for name in PLACES)
    path = bundle.folder / f"{uuid.uuid4().hex}.arrow"
    gather.packed(small)[order[: starts[-1]]].write_ipc(path, compression="uncompressed")
    return Written(path, starts.tolist(), schema)


def decide(some: Some) -> Found:
    """Decides one part."""
    frames = [written.rows(some.number) for written in some.written]
    return gather.decided(some.context, some.step, frames)


@contextmanager
def room(context: Context) -> Iterator[Path]:
    """A folder for files of one round, gone with the block; what a run that was killed left there goes first."""
    folder = context.layout.temporary / f"round-{context.instance}"
    rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)
