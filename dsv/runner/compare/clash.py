"""Two versions made of one, source by source: which keys both changed, and what a merge would be expected to hold.

Looked at is what was delivered, before any stage decides: a label that a vote of each side moves is no conflict, two
values of one annotator for one record are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from dsv.ledger import decisions as ledger
from dsv.project.layout import INGEST, Files
from dsv.project.manifest import Ingested, Shard
from dsv.runner.shards import read
from dsv.runner.shards.narrow import Cache
from dsv.table.together import together

BASE, OURS, THEIRS, MERGED = "base", "ours", "theirs", "merged"
Pin = tuple[str, str, str]
SCHEMA: Final[dict[str, Any]] = {"key": pl.String, "hash": pl.Binary, "shard": pl.UInt32, "row": pl.UInt32}


@dataclass(frozen=True)
class Held:
    """What a version holds of one source: its shards, what later deliveries made of them, and where they are read."""

    files: Files
    ingested: Ingested
    source: str

    @property
    def shards(self) -> list[Shard]:
        return [shard for shard in self.ingested.shards() if shard.source == self.source]

    def pin(self, shard: Shard) -> Pin:
        """Equal pins are equal rows of which the same are there."""
        return shard.relative, shard.digest, self.ingested.decisions.get(shard.relative, {}).get("*", "")

    @property
    def pins(self) -> set[Pin]:
        return {self.pin(shard) for shard in self.shards}

    @property
    def deliveries(self) -> list[tuple[str, str]]:
        """Name and digest of each batch, in order of arrival."""
        return [(b.name, b.raw) for s in self.ingested.sources if s.name == self.source for b in s.batches]

    def live(self, shard: Shard) -> pl.Series:
        """Which rows of a shard are the newest with their key."""
        found = read.decisions(self.files, INGEST, shard, ())
        every = pl.repeat(True, shard.rows, dtype=pl.Boolean, eager=True)
        return every if found is None else ledger.kept(found, shard.rows, every)

    def rows(self, at: pl.DataFrame) -> pl.DataFrame:
        """The delivered rows at positions (shard, row), in no order."""
        shards = self.shards
        parts = [
            read.base(self.files, shards[index], None)[group["row"]]
            for (index,), group in at.partition_by("shard", as_dict=True).items()
        ]
        return together(parts) if parts else pl.DataFrame()


@dataclass(frozen=True)
class Sides:
    """The three versions of a source; `base` has none where the source is new. `merged` is what a run made of both, if one did."""

    base: Held | None
    ours: Held
    theirs: Held
    merged: Held | None = None
    snapshot: bool = False

    def named(self) -> Iterator[tuple[str, Held]]:
        for name, held in ((BASE, self.base), (OURS, self.ours), (THEIRS, self.theirs), (MERGED, self.merged)):
            if held is not None:
                yield name, held


def changed(sides: Sides, cache: Cache) -> pl.DataFrame:
    """The keys of shards that are not alike everywhere: `key`; per side its rows' `hashes` and places `at`; what is to be done.

    `both`: each side changed the key, to something else. `undone`: one side did, and the order of arrival takes it back.
    """
    alike = set.intersection(*(held.pins for _, held in sides.named()))
    found: pl.DataFrame | None = None
    for name, held in sides.named():
        state = _state(held, alike, cache).rename({"hashes": name, "at": f"{name}_at"})
        found = state if found is None else found.join(state, on="key", how="full", coalesce=True)
    assert found is not None
    absent = {BASE: pl.lit(None, pl.List(pl.Binary)), MERGED: pl.col(THEIRS) if sides.snapshot else None}
    found = found.with_columns(e.alias(n) for n, e in absent.items() if e is not None and n not in found.columns)
    base, ours, theirs = (pl.col(name) for name in (BASE, OURS, THEIRS))
    both = ours.ne_missing(base) & theirs.ne_missing(base) & ours.ne_missing(theirs)
    wanted = pl.when(theirs.eq_missing(base)).then(ours).otherwise(theirs)
    undone = pl.col(MERGED).ne_missing(wanted) & ~both if MERGED in found.columns else pl.lit(False)
    return found.with_columns(both=both, undone=undone, newer=theirs.ne_missing(base)).sort("key")


def common(sides: Sides) -> pl.DataFrame:
    """The places (shard, row) of what ours holds in shards that are alike everywhere."""
    alike = set.intersection(*(held.pins for _, held in sides.named()))
    ours = sides.ours
    parts = [_places(i, ours.live(s)) for i, s in enumerate(ours.shards) if ours.pin(s) in alike]
    return pl.concat(parts) if parts else pl.DataFrame(schema={"shard": pl.UInt32, "row": pl.UInt32})


def _places(index: int, live: pl.Series) -> pl.DataFrame:
    rows = live.arg_true().cast(pl.UInt32)
    return pl.DataFrame({"shard": pl.repeat(index, len(rows), dtype=pl.UInt32, eager=True), "row": rows})


def _state(held: Held, alike: set[Pin], cache: Cache) -> pl.DataFrame:
    """Key → hashes of its live rows, and their places; of all shards but those that are alike."""
    parts = [pl.DataFrame(schema=SCHEMA)]
    for index, shard in enumerate(held.shards):
        if held.pin(shard) not in alike:
            hashes = read.record_hashes(held.files, shard, cache)
            frame = pl.DataFrame({"key": read.keys(held.files, shard), "hash": hashes})
            live = held.live(shard)
            parts.append(pl.concat([frame.filter(live), _places(index, live)], how="horizontal"))
    rows = pl.concat(parts).sort("key", "hash")
    return rows.group_by("key", maintain_order=True).agg(hashes="hash", at=pl.struct("shard", "row"))
