"""Which annotations of a record one version has and the other has not: whose, and from which delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import polars as pl

from dsv.lineage.causes import INGEST, A, B, Vote
from dsv.project.manifest import Shard
from dsv.runner.compare.decided import batches
from dsv.runner.compare.difference import same_base
from dsv.runner.compare.side import Mask, Side
from dsv.runner.shards import read
from dsv.stages.base import SourceFacts

COLUMNS = {"source": pl.String, "batch": pl.String, "item": pl.String, "who": pl.String, "value": pl.String, "side": pl.String}


class Merging(NamedTuple):
    """A merging stage: its name, the annotation sources that it reads, the reviewers, whose annotations decide alone, and
    whose annotations do not count."""

    stage: str
    sources: Mapping[str, SourceFacts]
    reviewers: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()

    def counted(self, votes: list[Vote]) -> list[Vote]:
        """The votes that count among some about one record."""
        found = [vote for vote in votes if vote.who not in self.excluded]
        return [vote for vote in found if vote.review] or found


class Votes:
    """The annotations in which two versions differ, by the record that they are about. Read when the first is asked for."""

    def __init__(self, a: Side, b: Side) -> None:
        self._a, self._b = a, b
        self._known: dict[str, dict[str, list[tuple[str, str, str]]]] = {}

    @cached_property
    def any(self) -> bool:
        """Whether the two versions hold other annotations at all."""
        held = [[(s.relative, s.digest, s.key, side.digest(INGEST, s)) for s in side.annotations] for side in (self._a, self._b)]
        return held[0] != held[1]

    def about(self, ids: Sequence[str], merging: Merging) -> list[list[Vote]]:
        """The votes about each record that one version alone has, of those that count."""
        found: list[list[Vote]] = [[] for _ in ids]
        for name, facts in merging.sources.items():
            known = self._of(facts)
            for i, record in enumerate(ids):
                source, _, key = record.partition("/")
                if source == facts.of:
                    key = PurePosixPath(key).stem if facts.match == "stem" else key
                    for who, batch, side in known.get(key, ()):
                        found[i].append(Vote(merging.stage, who, name, batch, side, who in merging.reviewers))
        return [merging.counted(votes) for votes in found]

    def _of(self, facts: SourceFacts) -> dict[str, list[tuple[str, str, str]]]:
        if facts.name not in self._known:
            self._known[facts.name] = _grouped(_differing(self._a, self._b, facts))
        return self._known[facts.name]


def _grouped(votes: pl.DataFrame) -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    for item, who, batch, side in votes.select("item", "who", "batch", "side").iter_rows():
        found.setdefault(item, []).append((who, batch, side))
    return found


def _differing(a: Side, b: Side, facts: SourceFacts) -> pl.DataFrame:
    """Live annotations of one side that the other does not have alike: same record, annotator and value."""
    parts = [pl.DataFrame(schema=COLUMNS)]
    for own, other, name in ((a, b, A), (b, a, B)):
        shards = {shard.relative: shard for shard in other.annotations}
        for shard in own.annotations:
            if shard.source == facts.name:
                rows = _rows(own, other, shard, shards.get(shard.relative))
                if rows.any():
                    parts.append(_read(own, shard, rows, facts).with_columns(side=pl.lit(name)))
    found = pl.concat([part.select(list(COLUMNS)) for part in parts])
    # What both have as often is no difference, wherever it lies.
    key = ["item", "who", "value"]
    numbered = found.with_columns(n=pl.int_range(pl.len()).over(*key, "side"))
    return numbered.filter(pl.col("side").n_unique().over(*key, "n") == 1).sort("item", "who", "batch", "side")


def _rows(own: Side, other: Side, shard: Shard, twin: Shard | None) -> Mask:
    """The live rows of a shard that the other side does not hold at the same place."""
    live = own.kept(shard, 1)
    if twin is None or not same_base(shard, twin):
        return live
    if own.digest(INGEST, shard) == other.digest(INGEST, twin):
        return np.zeros(shard.rows, dtype=np.bool_)
    return live & ~other.kept(twin, 1)


def _read(side: Side, shard: Shard, rows: Mask, facts: SourceFacts) -> pl.DataFrame:
    names = [name for name in (facts.item, facts.annotator, facts.value) if name]
    frame = read.base(side.files, shard, names).filter(pl.Series(rows))
    nothing = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    item = frame[facts.item].cast(pl.String) if facts.item in frame.columns else nothing
    if facts.match == "stem":
        item = pl.Series([None if i is None else PurePosixPath(i).stem for i in item.to_list()], dtype=pl.String)
    who = frame[facts.annotator].cast(pl.String) if facts.annotator in frame.columns else nothing
    value = frame[facts.value] if facts.value in frame.columns else nothing
    text = value.cast(pl.String) if not value.dtype.is_nested() else pl.Series([repr(v) for v in value.to_list()], dtype=pl.String)
    columns = {"item": item, "who": who.fill_null(facts.annotator_name or facts.name), "value": text}
    by = batches(side, shard, np.flatnonzero(rows))
    batch = pl.lit(by) if isinstance(by, str) else pl.Series("batch", by, dtype=pl.String)
    return pl.DataFrame(columns).with_columns(source=pl.lit(shard.source), batch=batch).drop_nulls("item")
