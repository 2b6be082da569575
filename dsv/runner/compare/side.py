"""One of the two versions of a diff: its shards, its decisions, and the records at positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.ledger import decisions as ledger
from dsv.project.layout import Files
from dsv.project.manifest import Decided, Ingested, Shard
from dsv.record import digest
from dsv.runner.shards import cells, key_hashes, read
from dsv.runner.shards.narrow import Cache
from dsv.table.together import together

SPLIT = "split"
# So many shards' masks and keys are held in memory: what comparing and explaining both ask for.
REMEMBERED = 512
Take = Callable[[int, pl.Series], pl.DataFrame]
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]


class Places(NamedTuple):
    """Positions, shard by shard: the shard, which of the positions lie in it, and their rows."""

    height: int
    groups: list[tuple[int, Rows, Rows]]


def places(positions: pl.DataFrame) -> Places:
    """The positions (columns shard, row, none of them null) shard by shard."""
    shards, rows = (positions[name].to_numpy().astype(np.int64) for name in ("shard", "row"))
    order = np.argsort(shards, kind="stable")
    ordered = shards[order]
    parts = np.split(order, np.flatnonzero(np.diff(ordered, prepend=-1))[1:]) if len(ordered) else []
    return Places(positions.height, [(int(shards[at[0]]), at, rows[at]) for at in parts])


@dataclass(frozen=True)
class Side:
    """A version: where its files are read, its manifests, its deciding stages in order (ingest first), its columns."""

    files: Files
    ingested: Ingested
    stages: tuple[str, ...]
    manifests: Mapping[str, Decided]
    columns: frozenset[str]
    cache: Cache | None = None
    _masks: dict[tuple[str, int], Mask] = field(default_factory=dict, compare=False)
    _keys: dict[str, tuple[Words, Words]] = field(default_factory=dict, compare=False)
    _chains: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict, compare=False)
    _dense: dict[str, frozenset[str]] = field(default_factory=dict, compare=False)
    _states: dict[tuple[str, tuple[str, ...]], State] = field(default_factory=dict, compare=False)

    @cached_property
    def shards(self) -> list[Shard]:
        """Record shards, in arrival order."""
        return [shard for shard in self.ingested.shards() if shard.kind == "records"]

    @cached_property
    def annotations(self) -> list[Shard]:
        """Annotation shards, in arrival order."""
        return [shard for shard in self.ingested.shards() if shard.kind != "records"]

    @cached_property
    def index(self) -> dict[str, int]:
        """Relative name → place in `shards`."""
        return {shard.relative: i for i, shard in enumerate(self.shards)}

    def decided(self, shard: Shard) -> tuple[tuple[str, str], ...]:
        """What all stages decided about a shard, by digest: equal here and there means equal records."""
        found = ((stage, self.manifests[stage].shards.get(shard.relative, {}).get("*", "")) for stage in self.stages)
        return tuple((stage, value) for stage, value in found if value)

    def digests(self, shard: Shard) -> dict[str, tuple[str, ...]]:
        """Column → what all stages set or assigned it to in a shard, by digest."""
        known = self._chains.get(shard.relative)
        if known is None:
            known = self._chains[shard.relative] = cells.chains(shard, self.stages, self.manifests)
        return known

    def decisions(self, stage: str, shard: Shard) -> Mapping[str, str]:
        """The digests of what a stage decided about a shard; empty where it decided nothing."""
        manifest = self.manifests.get(stage)
        return {} if manifest is None else manifest.shards.get(shard.relative, {})

    def digest(self, stage: str, shard: Shard) -> str:
        """The digest of all that a stage decided about a shard; empty where it decided nothing."""
        return self.decisions(stage, shard).get(ledger.ALL, "")

    def dense(self, stage: str) -> frozenset[str]:
        """The columns that a stage assigns to every record, as its decisions of one shard tell."""
        if stage not in self._dense:
            shard = next((shard for shard in self.shards if self.digest(stage, shard)), None)
            self._dense[stage] = frozenset() if shard is None else read.dense_columns(self.files, stage, shard)
        return self._dense[stage]

    def kept(self, shard: Shard, stages: int | None = None) -> Mask:
        """Which records of a shard are kept after so many stages (all when None)."""
        n = len(self.stages) if stages is None else stages
        known = self._masks.get((shard.relative, n))
        if known is None:
            if len(self._masks) >= REMEMBERED:
                self._masks.clear()
            known = self._masks[shard.relative, n] = self._kept(shard, n)
        return known

    def _kept(self, shard: Shard, n: int) -> Mask:
        decided = [self.digest(stage, shard) for stage in self.stages[:n]]
        if not any(decided):
            return np.ones(shard.rows, dtype=np.bool_)
        known = None if self.cache is None else read.known_mask(self.cache, shard, decided)
        if known is not None:
            return known
        before = self.kept(shard, n - 1)
        found = read.decisions(self.files, self.stages[n - 1], shard, ()) if decided[-1] else None
        return before if found is None else ledger.kept(found, shard.rows, pl.Series(before)).to_numpy()

    def state(self, shard: Shard, columns: Sequence[str] | None = None) -> State:
        """The state of a shard's records after all stages, of the columns (all when None); read once."""
        names = tuple(n for n in sorted(self.digests(shard)) if columns is None or n in columns)
        key = (shard.relative, names)
        if key not in self._states:
            self._states[key] = _state(self, shard, names)
        return self._states[key]

    def keys(self, shard: Shard) -> tuple[Words, Words]:
        """The two halves of the hash of each key."""
        if shard.relative not in self._keys:
            if len(self._keys) >= REMEMBERED:
                self._keys.clear()
            self._keys[shard.relative] = self._key_halves(shard)
        return self._keys[shard.relative]

    def _key_halves(self, shard: Shard) -> tuple[Words, Words]:
        if self.cache is not None:
            key = key_hashes.key(shard.digest, shard.key, repeats=False)
            known = key_hashes.known(self.cache, key, shard.rows, repeats=False)
            if known is not None:
                return known.hi, known.lo
        both = digest.words(digest.hash128(read.keys(self.files, shard)))
        return both[:, 0], both[:, 1]

    def hashes(self, shard: Shard) -> Words:
        """The record hashes of a shard's base rows as (n, 2) words: to be compared, in no order of bytes."""
        known = None if self.cache is None else self.cache.mapped(read.hashes_key(shard))
        if known is None or len(known) != 2 * shard.rows:
            found = digest.words(digest.record_hashes(read.base(self.files, shard, None)))
            known = np.frombuffer(digest.to_bytes(found), np.uint64)
        return known.reshape(-1, 2)

    def codes(self, places: Places, name: str) -> cells.Codes | None:
        """The type of a column and the codes of its values at places; None where some are unknown."""
        found = np.empty(places.height + 1, dtype=np.uint64)
        kind, codes = cells.NULL, found[1:]
        for index, at, rows in places.groups:
            known = self.shard_codes(self.shards[index], name)
            if known is None or cells.NULL != known[0] != kind != cells.NULL:
                return None
            kind = kind if known[0] == cells.NULL else known[0]
            codes[at] = known[1:][rows]
        found[0] = kind
        return found

    def shard_codes(self, shard: Shard, name: str) -> cells.Codes | None:
        """The type of a column and the codes of its values in a shard; None where they are unknown."""
        if self.cache is None:
            return None
        return cells.known(self.cache, shard, name, self.digests(shard).get(name, ()))

    def ids(self, positions: pl.DataFrame) -> pl.Series:
        """Ids of positions (columns shard, row), in their order; null positions give null."""
        return gather(
            positions, lambda index, rows: read.ids(self.files, self.shards[index]).gather(rows).to_frame("id")
        )["id"]

    def splits(self, positions: pl.DataFrame) -> pl.Series:
        """The splits of the records at positions (columns shard, row), in their order; null where there is none."""
        found = self.records(positions, [SPLIT])
        if SPLIT not in found.columns or found.height != positions.height:
            return pl.Series(SPLIT, [None] * positions.height, dtype=pl.String)
        return found[SPLIT].cast(pl.String)

    def records(self, positions: pl.DataFrame, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The records at positions (columns shard, row) after all stages, in their order."""

        def take(index: int, rows: pl.Series) -> pl.DataFrame:
            shard = self.shards[index]
            frame = read.base(self.files, shard, columns)[rows] if columns != [] else pl.DataFrame(height=len(rows))
            state = self.state(shard, columns)
            return overlay(frame, state.assigned[rows], state.marks[rows]) if state.assigned.width else frame

        return gather(positions, take)


@dataclass(frozen=True)
class State:
    """What decisions made of a shard: which rows are kept; values assigned, and where they are (`marks`)."""

    kept: pl.Series
    assigned: pl.DataFrame
    marks: pl.DataFrame


def _state(side: Side, shard: Shard, columns: Sequence[str]) -> State:
    kept = pl.repeat(True, shard.rows, dtype=pl.Boolean, eager=True)
    assigned, marks = pl.DataFrame(height=shard.rows), pl.DataFrame(height=shard.rows)
    for stage in side.stages:
        if shard.relative not in side.manifests[stage].shards:
            continue
        found = read.decisions(side.files, stage, shard, tuple(columns))
        if found is None:
            continue
        kept = ledger.kept(found, shard.rows, kept)
        assigned = ledger.overlay(assigned, found, columns)
        for name in [n for n in found.assigned if n in columns]:
            marks = marks.with_columns(_marks(marks, found, name, shard.rows))
    return State(kept, assigned, marks)


def _marks(marks: pl.DataFrame, found: ledger.Decisions, name: str, rows: int) -> pl.Series:
    if found.dense:
        return pl.repeat(True, rows, dtype=pl.Boolean, eager=True).alias(name)
    before = marks[name] if name in marks.columns else pl.repeat(False, rows, dtype=pl.Boolean, eager=True).alias(name)
    at = found.table.filter((pl.col("action") == ledger.SET) & (pl.col("column") == name))["row"]
    return before.scatter(at, True).alias(name) if len(at) else before


def overlay(base: pl.DataFrame, assigned: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """The base values, and where `marks` says so the assigned ones."""
    columns = []
    for name in assigned.columns:
        if name not in base.columns or marks[name].all():
            columns.append(assigned[name])
            continue
        old = (
            base[name] if base[name].dtype == assigned[name].dtype else ledger.retyped(base[name], assigned[name].dtype)
        )
        columns.append(pl.select(pl.when(marks[name]).then(assigned[name]).otherwise(old).alias(name)).to_series())
    return base.with_columns(columns)


def gather(positions: pl.DataFrame, take: Take) -> pl.DataFrame:
    """Rows taken shard by shard, put back into the order of the positions."""
    ordered = positions.select("shard", "row").with_row_index("_order")
    parts = []
    for (index,), group in ordered.partition_by("shard", as_dict=True).items():
        if index is not None:
            parts.append(take(index, group["row"]).with_columns(group["_order"]))
    if not parts:
        return pl.DataFrame(schema={"id": pl.String})
    found = together(parts).sort("_order")
    if found.height < positions.height:
        found = ordered.select("_order").join(found, on="_order", how="left", maintain_order="left")
    return found.drop("_order")
