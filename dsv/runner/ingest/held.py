"""What a source holds while its deliveries are folded: shards, events, and which keys lie where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dsv.engines.base import Engine
from dsv.engines.local import in_threads
from dsv.ledger import decisions as ledger
from dsv.project.layout import Layout
from dsv.project.manifest import Batch, Shard, Source
from dsv.project.params import Source as SourceParams
from dsv.record import digest, identity
from dsv.record.arrays import series
from dsv.runner.ingest import fold
from dsv.runner.ingest.batch_shards import Where
from dsv.runner.shards import key_hashes, read
from dsv.runner.shards.key_hashes import KeyHashes
from dsv.runner.shards.keyset import Keys, KeySet, Seen
from dsv.runner.shards.narrow import Cache
from dsv.runner.shards.previous import Previous
from dsv.stages.base import Named
from dsv.table import shard as shard_file

POSITIONS: dict[str, Any] = {
    "hi": pl.UInt64, "lo": pl.UInt64, "n": pl.UInt32, "shard": pl.UInt32, "row": pl.UInt32, "live": pl.Boolean,
}  # fmt: skip


@dataclass
class State:
    """A source while it is folded: its shards so far and the events at their positions, in order."""

    shards: list[Shard] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    events: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    # Shards whose events differ from those of the previous version.
    touched: set[str] = field(default_factory=set)
    # Where several deliveries wait: what tells which of their keys may have come before.
    seen: Seen | None = None

    def decisions(self, relative: str) -> ledger.Decisions:
        return ledger.sparse(self.events.get(relative, []))


@dataclass(frozen=True)
class Folder:
    """What folding a source needs: where, how, and what the previous version holds of it. `named`: its key columns."""

    layout: Layout
    engine: Engine
    cache: Cache
    params: SourceParams
    params_hashes: tuple[str, ...]
    previous: Mapping[str, Previous]
    known: Source | None
    note: Callable[[str], None]
    named: tuple[Named, ...]

    @property
    def kind(self) -> str:
        return "annotations" if self.params.kind == "annotations" else "records"

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column for _, column in self.named) or (identity.CONTENT_KEY,)

    @property
    def policy(self) -> fold.Policy:
        repeats = self.params.kind == "annotations" and not self.params.key
        return fold.Policy(self.params.delivery == "snapshot", self.params.on_conflict, repeats)

    def where(self, batch: str) -> Where:
        """What the shards of a batch are of."""
        return Where(self.layout, self.cache, self.kind, self.params.name, batch, self.key, self.policy.repeats)


def note_keys(folder: Folder, state: State, keys: Keys, left: int) -> None:
    """Keeps in mind which keys came, for the deliveries that are left."""
    if folder.policy.snapshot or not left:
        return
    if state.seen is None:
        state.seen = Seen(sum(shard.rows for shard in state.shards) + len(keys) * left)
        for shard in state.shards:
            state.seen.add(_keys(folder, shard).hi)
    else:
        state.seen.add(keys)


def prior(folder: Folder, state: State, wanted: Keys | None) -> pl.DataFrame:
    """Positions of the source so far, with the hash of their key, and whether they are live.

    All of them, or those with a wanted first half of the key: a delivery that adds says nothing of the others.
    """
    asked = KeySet([wanted]) if wanted is not None and state.shards else None
    if asked is not None and not len(asked):
        return pl.DataFrame(schema=POSITIONS)

    def positions(index: int) -> pl.DataFrame | None:
        shard = state.shards[index]
        keys = _keys(folder, shard)
        at = None if asked is None else asked.places(keys.hi)
        if at is not None and not len(at):
            return None
        n = pl.repeat(1, shard.rows, dtype=pl.UInt32, eager=True) if keys.n is None else series(keys.n)
        frame = pl.DataFrame([series(keys.hi, "hi"), series(keys.lo, "lo"), n.alias("n")]).with_columns(
            pl.lit(index, pl.UInt32).alias("shard"), pl.int_range(shard.rows, dtype=pl.UInt32).alias("row")
        )
        events = state.events.get(shard.relative)
        live = ledger.kept(ledger.sparse(events), shard.rows) if events else pl.lit(True)
        frame = frame.with_columns(live.alias("live"))
        return frame if at is None else frame[at]

    frames = [frame for frame in in_threads(positions, range(len(state.shards))) if frame is not None]
    return pl.concat(frames) if frames else pl.DataFrame(schema=POSITIONS)


def _keys(folder: Folder, shard: Shard) -> KeyHashes:
    """The hash of each row's key, and the number of its occurrence in the delivery; computed where the cache has none."""
    repeats = folder.policy.repeats
    where = key_hashes.key(shard.digest, shard.key, repeats=repeats)
    known = key_hashes.known(folder.cache, where, shard.rows, repeats=repeats)
    if known is not None:
        return known
    texts = identity.keys(shard_file.read(folder.layout.base(shard.kind, shard.relative), shard.key), shard.key)
    words = digest.words(digest.hash128(texts))
    n = None
    if repeats:
        nth = digest.split(words).select(pl.int_range(pl.len(), dtype=pl.UInt32).over("hi", "lo") + 1)
        n = nth.to_series().to_numpy()
    key_hashes.keep(folder.cache, where, words, n)
    return KeyHashes(words[:, 0], words[:, 1], n)


def hashes(folder: Folder, state: State, positions: pl.DataFrame) -> pl.Series:
    """The record hashes at (shard, row), in the order asked."""
    parts = []
    for (index,), group in positions.with_row_index("order").partition_by("shard", as_dict=True).items():
        hashes = read.record_hashes(folder.layout, state.shards[index], folder.cache)
        parts.append(group.select("order").with_columns(hashes.gather(group["row"]).alias("hash")))
    return pl.concat(parts).sort("order")["hash"]
