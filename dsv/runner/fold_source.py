"""Folds the batches of one source, in order, into base shards and events; batches folded before are linked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from dsv import errors
from dsv.engines.base import Engine
from dsv.engines.local import Local
from dsv.ledger import decisions as ledger
from dsv.project.layout import INGEST, Layout
from dsv.project.manifest import Batch, Shard, Source
from dsv.project.params import Source as SourceParams
from dsv.record import digest, identity
from dsv.runner import batch_shards, deliver, files, fold, narrow, raw, read
from dsv.runner.batch_shards import Where
from dsv.runner.keyset import Keys, KeySet
from dsv.runner.narrow import Cache
from dsv.runner.previous import Previous
from dsv.table import shard as shard_file

REVISION = 1
MEDIA_KEY = ("path",)


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

    def decisions(self, relative: str) -> ledger.Decisions:
        return ledger.sparse(self.events.get(relative, []))


@dataclass(frozen=True)
class Folder:
    """What folding a source needs: where, how, and what the previous version holds of it."""

    layout: Layout
    engine: Engine
    cache: Cache
    params: SourceParams
    params_hashes: tuple[str, ...]
    previous: Mapping[str, Previous]
    known: Source | None
    note: Callable[[str], None]

    @property
    def kind(self) -> str:
        return "annotations" if self.params.kind == "annotations" else "records"

    @property
    def key(self) -> tuple[str, ...]:
        if self.params.key:
            return tuple(self.params.key)
        if self.params.kind == "media":
            return MEDIA_KEY
        if self.params.kind == "annotations" and self.params.item:
            return (self.params.item, *([self.params.annotator] if self.params.annotator else []))
        return (identity.CONTENT_KEY,)

    @property
    def policy(self) -> fold.Policy:
        repeats = self.params.kind == "annotations" and not self.params.key
        return fold.Policy(self.params.delivery == "snapshot", self.params.on_conflict, repeats)

    def where(self, batch: str) -> Where:
        """What the shards of a batch are of."""
        return Where(self.layout, self.cache, self.kind, self.params.name, batch, self.key, self.policy.repeats)


def run(folder: Folder) -> tuple[Source, State]:
    """The source with all its batches folded; base, origin and quarantine files are in place."""
    state = State()
    signature = digest.hash_text(f"{REVISION}\x1f{folder.params.name}\x1f{folder.params_hashes[0]}")
    deliveries = [raw.scan(folder.layout.raw(folder.params.name, b), folder.cache) for b in folder.params.batches]
    signatures = []
    for batch, delivery, own in zip(folder.params.batches, deliveries, folder.params_hashes[1:], strict=True):
        changed = f"\x1f{own}" if own != folder.params_hashes[0] else ""
        signature = digest.hash_text(f"{signature}\x1f{batch}\x1f{delivery.digest}{changed}")
        signatures.append(signature)
    done = _resume(folder, state, signatures)
    read_as = [replace(folder, params=source) for source in folder.params.delivered()]
    waiting = list(zip(read_as, folder.params.batches, deliveries, signatures, strict=True))[done:]
    for reading, batch, delivery, signature in waiting:
        folder.note(f"{folder.params.name}/{batch}")
        _fold_batch(reading, state, batch, delivery, signature)
    key = read_as[-1].key if read_as else folder.key
    return Source(folder.params.name, folder.kind, key, tuple(state.batches)), state


def _resume(folder: Folder, state: State, signatures: list[str]) -> int:
    """Takes over the longest run of batches that the previous version folded alike; how many."""
    if folder.known is None or folder.known.kind != folder.kind:
        return 0
    count = 0
    for batch, signature in zip(folder.known.batches, signatures, strict=False):
        if batch.signature != signature or not _link(folder, batch):
            break
        state.batches.append(batch)
        state.shards += [_shard(folder, batch.name, s, len(state.shards) + i) for i, s in enumerate(batch.shards)]
        count += 1
    kept = {batch.name for batch in state.batches}
    for shard in state.shards:
        path = folder.layout.decisions(INGEST) / shard.relative
        if folder.previous[INGEST].fetch(shard.relative, path):
            known = read.decisions(folder.layout, INGEST, shard)
            path.unlink()
            found = ledger.empty().table if known is None else known.table
            still = found.filter(pl.col("detail").is_in(list(kept)))
            state.events[shard.relative] = [still]
            if still.height < found.height:
                state.touched.add(shard.relative)
    return count


def _link(folder: Folder, batch: Batch) -> bool:
    source, previous = folder.params.name, folder.previous
    for shard in batch.shards:
        relative = f"{source}/{batch.name}/{shard['name']}.parquet"
        # Without the events of later batches, what they replaced would be live again.
        if previous[INGEST].lost(relative):
            return False
        if not previous[folder.kind].fetch(relative, folder.layout.base(folder.kind, relative)):
            return False
        if not previous["origin"].fetch(relative, folder.layout.origin(relative)):
            return False
    wanted = batch.counts.get("quarantined", 0) > 0
    return not wanted or previous["quarantine"].fetch(
        f"{source}/{batch.name}.parquet", folder.layout.quarantine(source, batch.name)
    )


def _shard(folder: Folder, batch: str, facts: Mapping[str, Any], ordinal: int) -> Shard:
    return Shard(
        folder.kind,
        folder.params.name,
        batch,
        facts["name"],
        facts["rows"],
        facts["digest"],
        tuple(facts["key"]),
        facts["schema"],
        ordinal,
    )


def _fold_batch(folder: Folder, state: State, batch: str, delivery: raw.Delivery, signature: str) -> None:
    source = folder.params.name
    parsed = deliver.parse(folder.engine, folder.layout.raw(source, batch), delivery.names, folder.params)
    parsed = deliver.keyed(parsed, folder.key, folder.params)
    frame = parsed.frame
    data = frame.drop(deliver.FILE, deliver.ROW)
    hashes = batch_shards.record_hashes(data.drop(identity.CONTENT_KEY, strict=False))
    own = digest.from_bytes(digest.to_bytes(hashes))
    if folder.key == (identity.CONTENT_KEY,):
        data = data.with_columns(identity.content_keys(own, _seen(folder, state)))
    where = folder.where(batch)
    rows = batch_shards.delivered(data, frame.select(deliver.FILE, deliver.ROW), hashes, where)
    new = digest.split(rows.keys).with_columns(hash=own)
    prior = _prior(folder, state, None if folder.policy.snapshot else new["hi"])
    # A snapshot of which nothing could be read says nothing: it must not take everything away.
    policy = folder.policy._replace(snapshot=False) if new.is_empty() and parsed.bad.height else folder.policy
    folded = fold.fold(new, prior, lambda positions: _hashes(folder, state, positions), policy)
    if len(folded.clash):
        raise _clash(folder, batch, rows.texts.gather(folded.clash))
    stored = folded.fate.filter(pl.col("fate").is_in([fold.NEW, fold.LOSER, fold.CONFLICT]))
    order = batch_shards.order(rows, stored, folder.key)
    first = len(state.shards)
    facts = batch_shards.write(where, rows, order)
    state.shards += [_shard(folder, batch, fact, first + i) for i, fact in enumerate(facts)]
    _record_events(state, first, folded.events, batch)
    _record_losers(state, first, stored, order, batch)
    counts = {name: n for name, n in folded.counts.items() if n}
    if parsed.bad.height:
        path = folder.layout.quarantine(source, batch)
        files.write(path, shard_file.to_bytes(parsed.bad, {"layout": "quarantine"}))
    counts |= {
        "quarantined": parsed.bad.height,
        "read": counts.get("read", 0) + parsed.bad.height,
        "stored": stored.height,
    }
    state.batches.append(Batch(batch, delivery.digest, signature, counts, tuple(facts)))


def _seen(folder: Folder, state: State) -> pl.DataFrame | None:
    """How often each content came before, for deliveries that add to what is there."""
    if folder.policy.snapshot or not state.shards:
        return None
    found = pl.concat(
        [shard_file.read(folder.layout.base(s.kind, s.relative), [identity.CONTENT_KEY]) for s in state.shards]
    )
    bare = found.select(key=pl.col(identity.CONTENT_KEY).str.split("#").list.first())
    return bare.group_by("key", maintain_order=True).agg(n=pl.len())


def _prior(folder: Folder, state: State, wanted: pl.Series | None) -> pl.DataFrame:
    """Positions of the source so far, with the hash of their key, and whether they are live.

    All of them, or those with a wanted first half of the key: a delivery that adds says nothing of the others.
    """
    asked = KeySet([wanted.to_numpy()]) if wanted is not None and state.shards else None

    def positions(index: int) -> pl.DataFrame | None:
        shard = state.shards[index]
        at = None if asked is None else asked.places(_key_halves(folder, shard))
        if at is not None and not len(at):
            return None
        frame = _keys(folder, shard).with_columns(
            pl.lit(index, pl.UInt32).alias("shard"), pl.int_range(shard.rows, dtype=pl.UInt32).alias("row")
        )
        events = state.events.get(shard.relative)
        live = ledger.kept(ledger.sparse(events), shard.rows) if events else pl.lit(True)
        frame = frame.with_columns(live.alias("live"))
        return frame if at is None else frame[at]

    frames = [frame for frame in Local().map(positions, range(len(state.shards))) if frame is not None]
    return pl.concat(frames) if frames else pl.DataFrame(schema=POSITIONS)


def _key_halves(folder: Folder, shard: Shard) -> Keys:
    known = folder.cache.numbers(narrow.key_hashes(shard.digest, shard.key, repeats=folder.policy.repeats), "hi")
    found: Keys = _keys(folder, shard)["hi"].to_numpy() if known is None or len(known) != shard.rows else known
    return found


def _keys(folder: Folder, shard: Shard) -> pl.DataFrame:
    """The hash of each row's key, and the number of its occurrence in the delivery; computed where the cache has none."""
    where = narrow.key_hashes(shard.digest, shard.key, repeats=folder.policy.repeats)
    known = folder.cache.frame(where)
    if known is not None and known.height == shard.rows:
        return known
    texts = identity.keys(shard_file.read(folder.layout.base(shard.kind, shard.relative), shard.key), shard.key)
    found = digest.halves(digest.hash128(texts)).with_columns(n=pl.lit(1, pl.UInt32))
    if folder.policy.repeats:
        found = found.with_columns(n=pl.int_range(pl.len(), dtype=pl.UInt32).over("hi", "lo") + 1)
    folder.cache.put_frame(where, found, compressed=False)
    return found


def _hashes(folder: Folder, state: State, positions: pl.DataFrame) -> pl.Series:
    """The record hashes at (shard, row), in the order asked."""
    parts = []
    for (index,), group in positions.with_row_index("order").partition_by("shard", as_dict=True).items():
        hashes = read.record_hashes(folder.layout, state.shards[index], folder.cache)
        parts.append(group.select("order").with_columns(hashes.gather(group["row"]).alias("hash")))
    return pl.concat(parts).sort("order")["hash"]


def _record_events(state: State, before: int, events: pl.DataFrame, batch: str) -> None:
    """Files the events of a batch under the shards that they concern."""
    for (index,), group in events.with_columns(detail=pl.lit(batch)).partition_by("shard", as_dict=True).items():
        if index >= before:
            raise AssertionError("BUG: a delivery supersedes itself by position")
        relative = state.shards[index].relative
        state.events.setdefault(relative, []).append(group.drop("shard").sort("row"))
        state.touched.add(relative)


def _record_losers(state: State, first: int, stored: pl.DataFrame, order: pl.DataFrame, batch: str) -> None:
    """Rows that lost against another row of the same delivery, or against an older record, are stored and dropped."""
    offset = 0
    for shard in state.shards[first:]:
        part = order[offset : offset + shard.rows].with_row_index("row").filter(pl.col("fate") != fold.NEW)
        offset += shard.rows
        if part.height:
            rule = pl.when(pl.col("fate") == fold.LOSER).then(pl.lit(fold.SUPERSEDED)).otherwise(pl.lit(fold.CONFLICT))
            lost = part.select("row", rule.alias("rule"), pl.lit("drop").alias("action"), pl.lit(batch).alias("detail"))
            state.events.setdefault(shard.relative, []).append(lost)
            state.touched.add(shard.relative)


def _clash(folder: Folder, batch: str, keys: pl.Series) -> errors.BadRecords:
    shown = ", ".join(f"{folder.params.name}/{key}" for key in keys.head(5))
    return errors.BadRecords(
        f"{len(keys)} keys of {folder.params.name}/{batch} arrive again with other values: {shown}{' …' if len(keys) > 5 else ''}",
        hint=f"set sources.{folder.params.name}.on_conflict to replace or keep",
    )
