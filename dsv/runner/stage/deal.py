"""What a round decided about many shards, dealt out to them: shard by shard, so that never all of it is spread out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.engines.local import in_threads
from dsv.runner.shards import read
from dsv.runner.stage.prepare import Task

PARTNER = ("partner_shard", "partner_row")
Places = npt.NDArray[np.uint64]


class Dealt:
    """The rows of each shard, of frames whose texts may be packed. Partners are named by their ids."""

    def __init__(self, tasks: Sequence[Task], frames: Sequence[pl.DataFrame]) -> None:
        frames = [_sorted(frame, "shard") for frame in named(tasks, [frame for frame in frames if frame.height])]
        self._empty = pl.concat([_bare(frame.clear()) for frame in frames], how="diagonal_relaxed") if frames else None
        self._parts: dict[int, list[tuple[pl.DataFrame, int, int]]] = {}
        for frame in frames:
            shards = frame["shard"].to_numpy()
            starts = np.flatnonzero(np.append(True, shards[1:] != shards[:-1]))
            for start, end in pairwise([*starts.tolist(), len(shards)]):
                self._parts.setdefault(int(shards[start]), []).append((frame, start, end - start))

    @property
    def ordinals(self) -> list[int]:
        """The shards about which something was decided."""
        return list(self._parts)

    def rows(self, ordinal: int) -> pl.DataFrame | None:
        """The rows of a shard, sorted by `row`; None where there are none."""
        parts = self._parts.get(ordinal)
        if parts is None:
            return None
        assert self._empty is not None
        own = [_bare(frame.slice(start, length)) for frame, start, length in parts]
        return _sorted(pl.concat([self._empty, *own], how="diagonal_relaxed"), "row")


def _bare(frame: pl.DataFrame) -> pl.DataFrame:
    packed = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Enum)]
    return frame.drop("shard").with_columns(pl.col(packed).cast(pl.String))


def _sorted(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    return frame if frame[column].is_sorted() else frame.sort(column, maintain_order=True)


def named(tasks: Sequence[Task], frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """The frames with `partner`, the id, for the place of the partner."""
    asked = [_places(frame) for frame in frames if PARTNER[0] in frame.columns]
    if not asked:
        return list(frames)
    wanted = np.unique(np.concatenate(asked))
    names = _ids(tasks, wanted)
    return [_named(frame, wanted, names) if PARTNER[0] in frame.columns else frame for frame in frames]


def _places(frame: pl.DataFrame) -> Places:
    """Shard and row of all partners as one number."""
    there = frame.select(PARTNER).drop_nulls()
    found: Places = (there[PARTNER[0]].cast(pl.UInt64) * 2**32 + there[PARTNER[1]].cast(pl.UInt64)).to_numpy()
    return found


def _ids(tasks: Sequence[Task], places: Places) -> pl.Series:
    """The ids of the records at the places, which are sorted."""
    shards = {task.shard.ordinal: task for task in tasks}
    ordinals, starts = np.unique(places >> np.uint64(32), return_index=True)

    def ids(one: tuple[int, tuple[int, int]]) -> pl.Series:
        ordinal, (start, end) = one
        task = shards[ordinal]
        return read.ids(task.context.layout, task.shard).gather(places[start:end] & np.uint64(2**32 - 1))

    found = in_threads(ids, list(zip(ordinals.tolist(), pairwise([*starts.tolist(), len(places)]), strict=True)))
    return pl.concat(found) if found else pl.Series([], dtype=pl.String)


def _named(frame: pl.DataFrame, wanted: Places, names: pl.Series) -> pl.DataFrame:
    partner = np.searchsorted(wanted, _places(frame))
    there = frame[PARTNER[0]].is_not_null()
    if there.all():
        return frame.drop(PARTNER).with_columns(names.gather(partner).alias("partner"))
    at = np.full(frame.height, -1, dtype=np.int64)
    at[there.to_numpy()] = partner
    index = pl.Series(at)
    return frame.drop(PARTNER).with_columns(names.gather(index.set(index < 0, None)).alias("partner"))
