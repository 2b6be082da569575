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
from dsv.runner import deliver, files, fold, narrow, raw, read
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
    data = frame.drop("_file", "_row")
    hashes = digest.record_hashes(data.drop(identity.CONTENT_KEY, strict=False))
    if folder.key == (identity.CONTENT_KEY,):
        data = data.with_columns(identity.content_keys(hashes, _seen(folder, state)))
    texts = identity.keys(data, folder.key)
    new = digest.halves(digest.hash128(texts)).with_columns(hash=hashes)
    prior = _prior(folder, state, None if folder.policy.snapshot else new["hi"])
    # A snapshot of which nothing could be read says nothing: it must not take everything away.
    policy = folder.policy._replace(snapshot=False) if new.is_empty() and parsed.bad.height else folder.policy
    folded = fold.fold(new, prior, lambda positions: _hashes(folder, state, positions), policy)
    if len(folded.clash):
        raise _clash(folder, batch, texts.gather(folded.clash))
    stored = folded.fate.filter(pl.col("fate").is_in([fold.NEW, fold.LOSER, fold.CONFLICT]))
    order = _arrival(data, stored, folder, hashes)
    first = len(state.shards)
    facts = _write(folder, state, batch, data, frame.select("_file", "_row"), order, texts, hashes)
    _record_events(state, first, folded.events, batch)
    _record_losers(state, first, stored, order, batch)
    counts = {name: n for name, n in folded.counts.items() if n}
    if parsed.bad.height:
        path = folder.layout.quarantine(source, batch)
        files.write(path, shard_file.to_bytes(parsed.bad.to_arrow(), {"layout": "quarantine"}))
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
    asked = None if wanted is None else wanted.unique().implode()

    def positions(index: int) -> pl.DataFrame:
        shard = state.shards[index]
        frame = _keys(folder, shard).with_columns(
            pl.lit(index, pl.UInt32).alias("shard"), pl.int_range(shard.rows, dtype=pl.UInt32).alias("row")
        )
        events = state.events.get(shard.relative)
        live = ledger.kept(ledger.sparse(events), shard.rows) if events else pl.lit(True)
        frame = frame.with_columns(live.alias("live"))
        return frame if asked is None else frame.filter(pl.col("hi").is_in(asked))

    frames = Local().map(positions, range(len(state.shards)))
    return pl.concat(frames) if frames else pl.DataFrame(schema=POSITIONS)


def _keys(folder: Folder, shard: Shard) -> pl.DataFrame:
    key = narrow.key("key hash", shard.digest, shard.key, folder.policy.repeats)
    known = folder.cache.frame(key)
    if known is not None and known.height == shard.rows:
        return known
    texts = identity.keys(shard_file.read(folder.layout.base(shard.kind, shard.relative), shard.key), shard.key)
    found = digest.halves(digest.hash128(texts)).with_columns(n=pl.lit(1, pl.UInt32))
    if folder.policy.repeats:
        found = found.with_columns(n=pl.int_range(pl.len(), dtype=pl.UInt32).over("hi", "lo") + 1)
    folder.cache.put_frame(key, found)
    return found


def _hashes(folder: Folder, state: State, positions: pl.DataFrame) -> pl.Series:
    """The record hashes at (shard, row), in the order asked."""
    parts = []
    for (index,), group in positions.with_row_index("order").partition_by("shard", as_dict=True).items():
        hashes = read.record_hashes(folder.layout, state.shards[index], folder.cache)
        parts.append(group.select("order").with_columns(hashes.gather(group["row"]).alias("hash")))
    return pl.concat(parts).sort("order")["hash"]


def _arrival(data: pl.DataFrame, stored: pl.DataFrame, folder: Folder, hashes: pl.Series) -> pl.DataFrame:
    """The stored rows in the order of their shard: by key, then record hash: what lies where follows from what there is."""
    keys = data.select([pl.col(name).alias(f"k{i}") for i, name in enumerate(folder.key)])
    if stored.height == data.height and len(folder.key) == 1 and _rising(keys["k0"]):
        return pl.concat([stored, keys], how="horizontal")
    together = pl.concat([stored, keys[stored["at"]]], how="horizontal")
    if stored["n"].max() == 1 and (stored["fate"] == fold.NEW).all():
        return together.sort(keys.columns, maintain_order=True)
    ranked = together.with_columns(hashes.gather(together["at"]).alias("_hash"))
    return ranked.sort([*keys.columns, "n", "_hash"], maintain_order=True)


def _rising(keys: pl.Series) -> bool:
    """Whether each key is greater than the one before."""
    return bool((keys.slice(1) > keys.slice(0, max(0, len(keys) - 1))).all())


def _rows(frame: pl.DataFrame, at: pl.Series) -> pl.DataFrame:
    """The rows at these places; no copy where they follow each other."""
    first, last = at[0], at[-1]
    if last - first + 1 == len(at) and _rising(at):
        return frame.slice(first, len(at))
    return frame[at]


def _write(
    folder: Folder,
    state: State,
    batch: str,
    data: pl.DataFrame,
    origin: pl.DataFrame,
    order: pl.DataFrame,
    texts: pl.Series,
    hashes: pl.Series,
) -> list[dict[str, Any]]:
    source = folder.params.name
    starts = identity.cuts(source, texts.gather(order["at"]))
    jobs = []
    for start, end in zip(starts, [*starts[1:], order.height][: len(starts)], strict=True):
        at = order["at"][start:end]
        jobs.append((at, f"{source}/{texts[at[0]]}"))

    def write(job: tuple[pl.Series, str]) -> dict[str, Any]:
        at, first_id = job
        rows, name = _rows(data, at), identity.shard_name(first_id)
        relative = f"{source}/{batch}/{name}.parquet"
        own = hashes.gather(at)
        total = _digest(rows, own)
        files.write(
            folder.layout.base(folder.kind, relative),
            shard_file.to_bytes(rows.to_arrow(), {"key": list(folder.key), "digest": str(total)}),
        )
        files.write(
            folder.layout.origin(relative),
            shard_file.to_bytes(
                _rows(origin, at).rename({"_file": "file", "_row": "row"}).to_arrow(), {"layout": "origin"}
            ),
        )
        folder.cache.put_data(narrow.key("record hash", str(total), folder.key), digest.to_bytes(own))
        schema = shard_file.schema(rows.drop(identity.CONTENT_KEY, strict=False).to_arrow())
        return {"name": name, "rows": rows.height, "digest": str(total), "key": list(folder.key), "schema": schema}

    facts = Local().map(write, jobs)
    state.shards += [_shard(folder, batch, fact, len(state.shards) + i) for i, fact in enumerate(facts)]
    return facts


def _digest(rows: pl.DataFrame, hashes: pl.Series) -> digest.Sum:
    """What identifies a shard: its records, and the keys of those that have the content of an earlier one."""
    if identity.CONTENT_KEY in rows.columns:
        keys = rows[identity.CONTENT_KEY]
        hashes = hashes.zip_with(~keys.str.contains("#", literal=True), digest.hash128(keys))
    return digest.total(hashes)


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
