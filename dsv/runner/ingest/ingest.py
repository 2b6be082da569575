"""Ingest: folds every source, writes the manifest and the events of older positions as decisions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dsv.engines.base import Engine
from dsv.project import naming
from dsv.project.layout import INGEST, Layout
from dsv.project.manifest import Ingested, load_ingested
from dsv.project.params import Source as SourceParams
from dsv.record import digest
from dsv.record.typedhash import typed_hash
from dsv.runner.ingest import fold_source
from dsv.runner.ingest.held import Folder, State
from dsv.runner.shards import ledger_files
from dsv.runner.shards.narrow import Cache
from dsv.runner.shards.previous import Previous
from dsv.store import files

REVISION = fold_source.REVISION


class Job(NamedTuple):
    """All that ingest works on."""

    layout: Layout
    engine: Engine
    sources: Sequence[SourceParams]
    previous: Mapping[str, Previous]
    note: Callable[[str], None]


def run(job: Job, known: bytes | None) -> dict[str, Any]:
    """Folds all sources; the report. `known` is the previous manifest, None from scratch."""
    before = {source.name: source for source in load_ingested(known).sources} if known else {}
    folded, decided = [], {}
    for params in job.sources:
        folder = Folder(
            job.layout, job.engine, Cache(job.layout.cache), params, own_signatures(params), job.previous, before.get(params.name), job.note,
            naming.keys(params),
        )  # fmt: skip
        source, state = fold_source.run(folder)
        folded.append(source)
        decided.update(_write_decisions(job.layout, state, job.previous[INGEST]))
    ingested = Ingested(tuple(folded), decided)
    for name in ("records", "annotations", "origin", "quarantine"):
        (job.layout.root / "data" / name).mkdir(parents=True, exist_ok=True)
    files.write(job.layout.manifest(INGEST), ingested.dump())
    return report(ingested)


def signature(params: SourceParams) -> str:
    """A hash of the params of a source that can change a record: all but the names of its batches and what is only told."""
    own = own_signatures(params)
    return own[0] if len(set(own)) == 1 else typed_hash(list(own))


def own_signatures(params: SourceParams) -> tuple[str, ...]:
    """The hash of the source's own params, then of those that each batch is read with."""
    return tuple(_signature(source) for source in (params, *params.delivered()))


def _signature(params: SourceParams) -> str:
    return typed_hash(params.signed())


def _write_decisions(layout: Layout, state: State, previous: Previous) -> dict[str, dict[str, str]]:
    decided = {}
    for shard in state.shards:
        known = previous.digests.get(shard.relative)
        if known and shard.relative not in state.touched and ledger_files.link(layout, INGEST, shard, known, previous):
            decided[shard.relative] = dict(known)
            continue
        decisions = state.decisions(shard.relative)
        if decisions.table.is_empty():
            continue
        digests = decisions.digests()
        decided[shard.relative] = digests
        ledger_files.put(layout, (INGEST, INGEST, REVISION), shard, decisions, digests, previous)
    return decided


def report(ingested: Ingested) -> dict[str, Any]:
    """Counts by source and batch; what was read is what was stored, repeated, restored or refused."""
    sources: dict[str, Any] = {}
    for source in ingested.sources:
        total: Counter[str] = Counter()
        for batch in source.batches:
            total.update(batch.counts)
        batches = {batch.name: dict(sorted(batch.counts.items())) for batch in source.batches}
        sources[source.name] = {
            "kind": source.kind,
            "key": list(source.key),
            "counts": dict(sorted(total.items())),
            "batches": batches,
        }
    decisions = [
        [shard.relative, shard.digest, ingested.decisions.get(shard.relative, {}).get("*", "")]
        for shard in ingested.shards()
    ]
    return {
        "stage": INGEST,
        "revision": REVISION,
        "root": digest.hash_text(json.dumps(decisions)),
        "quarantined": sum(s["counts"].get("quarantined", 0) for s in sources.values()),
        "sources": sources,
    }
