"""Folds the batches of one source, in order, into base shards and events; batches folded before are linked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from dsv import errors
from dsv.ledger import decisions as ledger
from dsv.project import naming
from dsv.project.layout import INGEST
from dsv.project.manifest import Batch, Shard, Source
from dsv.project.params import Source as SourceParams
from dsv.record import digest, identity
from dsv.runner.ingest import batch_shards, deliver, fold, held, raw
from dsv.runner.ingest.held import Folder, State
from dsv.runner.shards import read
from dsv.runner.shards.keyset import Keys
from dsv.store import files
from dsv.table import shard as shard_file

REVISION = 6


def run(folder: Folder) -> tuple[Source, State]:
    """The source with all its batches folded; base, origin and quarantine files are in place."""
    state = State()
    deliveries = [raw.scan(folder.layout.raw(folder.params.name, b), folder.cache) for b in folder.params.batches]
    signatures = signed(folder.params, folder.params_hashes, [delivery.digest for delivery in deliveries])
    done = _resume(folder, state, signatures)
    read_as = [
        replace(folder, params=source, named=naming.keys(folder.params, place))
        for place, source in enumerate(folder.params.delivered())
    ]
    waiting = list(zip(read_as, folder.params.batches, deliveries, signatures, strict=True))[done:]
    for left, (reading, batch, delivery, signature) in zip(range(len(waiting), 0, -1), waiting, strict=True):
        folder.note(f"{folder.params.name}/{batch}")
        keys = _fold_batch(reading, state, batch, delivery, signature)
        held.note_keys(folder, state, keys, left - 1)
    key = read_as[-1].key if read_as else folder.key
    return Source(folder.params.name, folder.kind, key, tuple(state.batches)), state


def signed(params: SourceParams, hashes: Sequence[str], digests: Sequence[str]) -> list[str]:
    """What stands for the fold after each of the first deliveries, by their digests; `hashes` are those of the params."""
    signature = digest.hash_text(f"{REVISION}\x1f{params.name}\x1f{hashes[0]}")
    found = []
    for batch, delivery, own in zip(params.batches, digests, hashes[1:], strict=False):
        changed = f"\x1f{own}" if own != hashes[0] else ""
        signature = digest.hash_text(f"{signature}\x1f{batch}\x1f{delivery}{changed}")
        found.append(signature)
    return found


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


def _fold_batch(folder: Folder, state: State, batch: str, delivery: raw.Delivery, signature: str) -> Keys:
    """Folds one delivery; the first halves of the keys that came with it."""
    source = folder.params.name
    raw_folder = folder.layout.raw(source, batch)
    parsed = deliver.parse(folder.engine, raw_folder, delivery.names, folder.params)
    parsed = deliver.keyed(parsed, raw_folder, folder.key, folder.params, folder.named)
    frame = parsed.frame
    data = frame.drop(deliver.FILE, deliver.ROW)
    hashes = batch_shards.record_hashes(data.drop(identity.CONTENT_KEY, strict=False))
    if folder.key == (identity.CONTENT_KEY,):
        data = data.with_columns(identity.content_keys(digest.series(hashes), _seen(folder, state)))
    where = folder.where(batch)
    rows = batch_shards.delivered(data, frame.select(deliver.FILE, deliver.ROW), hashes, where)
    new = digest.split(rows.keys)
    keys = rows.keys[:, 0]
    wanted = keys if state.seen is None else state.seen.likely(keys)
    prior = held.prior(folder, state, None if folder.policy.snapshot else wanted)
    # A snapshot of which nothing could be read says nothing: it must not take everything away.
    policy = folder.policy._replace(snapshot=False) if new.is_empty() and parsed.bad.height else folder.policy
    folded = fold.fold(
        new,
        prior,
        lambda positions: held.hashes(folder, state, positions),
        policy,
        lambda at: digest.series(hashes[at]),
    )
    if len(folded.clash):
        raise _clash(folder, batch, rows.texts.gather(folded.clash))
    stored = folded.fate.filter(pl.col("fate").is_in([fold.NEW, fold.LOSER, fold.CONFLICT]))
    order = batch_shards.order(rows, stored, folder.key)
    first = len(state.shards)
    facts = batch_shards.write(where, rows, order)
    state.shards += [_shard(folder, batch, fact, first + i) for i, fact in enumerate(facts)]
    # Events that the previous version had for a batch that is folded anew are of another past.
    state.touched |= {shard.relative for shard in state.shards[first:]}
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
    return keys


def _seen(folder: Folder, state: State) -> pl.DataFrame | None:
    """How often each content came before, for deliveries that add to what is there."""
    if folder.policy.snapshot or not state.shards:
        return None
    found = pl.concat(
        [shard_file.read(folder.layout.base(s.kind, s.relative), [identity.CONTENT_KEY]) for s in state.shards]
    )
    bare = found.select(key=pl.col(identity.CONTENT_KEY).str.split("#").list.first())
    return bare.group_by("key", maintain_order=True).agg(n=pl.len())


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
