"""A version's records as a table, read straight from the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from dsv import errors
from dsv.engines.local import Local
from dsv.ops import sides, splits
from dsv.project.history import UNSPLIT
from dsv.project.layout import Layout
from dsv.project.manifest import Shard
from dsv.project.version import Version, find
from dsv.runner.compare.side import SPLIT, Side, State
from dsv.runner.shards import read
from dsv.table.together import together

if TYPE_CHECKING:
    import pandas as pd

ID = "_id"


@dataclass(frozen=True)
class Dataset:
    """The kept records of a version, one row each, in arrival order: `_id`, the columns, what stages assigned."""

    version: Version
    frame: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height

    @property
    def root(self) -> str | None:
        """The root of the whole version (not of the part that was loaded)."""
        report = self.version.report("audit") or {}
        found = report.get("dataset", {}).get("root")
        return None if found is None else str(found)

    @property
    def schema(self) -> dict[str, Any]:
        """Column → Polars type."""
        return dict(self.frame.schema)

    def to_polars(self) -> pl.DataFrame:
        """The records as a Polars frame."""
        return self.frame

    def to_arrow(self) -> pa.Table:
        """The records as an Arrow table."""
        return self.frame.to_arrow()

    def to_pandas(self) -> pd.DataFrame:
        """The records as a pandas frame (needs pandas)."""
        try:
            return self.frame.to_pandas()
        except ModuleNotFoundError as error:
            raise errors.DsvError(f"A frame of pandas needs {error.name}, which is not installed.", hint="pip install pandas") from error


def load(layout: Layout, rev: str = ".", split: str | None = None, columns: Sequence[str] | None = None) -> Dataset:
    """The records of a version; only the objects that are needed are opened."""
    version = find(layout, rev)
    side = sides.whole(version)
    if split is not None:
        splits.check([version], split, side.columns)
    unknown = [c for c in columns or () if c != ID and c not in side.columns]
    if unknown:
        raise errors.DsvError(f"{rev} has no column {unknown[0]!r}; it has {', '.join(sorted(side.columns))}.")
    # What only records that are gone have a value of is no column of the version.
    columns = [ID, *sorted(side.columns)] if columns is None else columns
    engine = Local()
    try:
        frames = engine.map(lambda shard: take(side, shard, split, columns), side.shards)
    finally:
        engine.close()
    return Dataset(version, whole(frames) if frames else pl.DataFrame(schema={ID: pl.String}))


def whole(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The frames as one, with the columns of those that have rows."""
    kept = [frame for frame in frames if frame.height] or list(frames[:1])
    if not any(frame.width for frame in kept):
        return pl.DataFrame(height=sum(frame.height for frame in kept))
    return together(kept, like=frames)


def _splits(side: Side, shard: Shard, state: State) -> pl.Series:
    """The split of each record: a stage assigned it, or it came with the records."""
    if SPLIT in state.assigned.columns:
        return state.assigned[SPLIT]
    own = read.base(side.files, shard, [SPLIT])
    return own[SPLIT] if SPLIT in own.columns else pl.Series(SPLIT, [None] * shard.rows, dtype=pl.String)


def take(side: Side, shard: Shard, split: str | None, columns: Sequence[str]) -> pl.DataFrame:
    """The kept records of one shard, with those of the columns that it has."""
    wanted = [c for c in columns if c != ID]
    # Read once: by the columns that the records are read by.
    state = side.state(shard, wanted if split is None else None)
    mask = state.kept
    if split is not None:
        mask = mask & (_splits(side, shard, state).cast(pl.String).fill_null(UNSPLIT) == split)
    rows = mask.arg_true().cast(pl.UInt32)
    at = pl.DataFrame(
        {"shard": pl.repeat(side.index[shard.relative], len(rows), dtype=pl.UInt32, eager=True), "row": rows}
    )
    frame = side.records(at, wanted) if len(rows) else read.base(side.files, shard, wanted).clear()
    found = [c for c in wanted if c in frame.columns]
    if ID not in columns:
        return frame.select(found) if found else pl.DataFrame(height=len(rows))
    ids = read.ids(side.files, shard).gather(rows).alias(ID)
    return pl.DataFrame([ids, *(frame[c] for c in found)])
