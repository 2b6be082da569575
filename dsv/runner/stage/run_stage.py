"""Runs one stage of a project: prepare, rounds, emit, manifest, report."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dsv.engines.base import Engine
from dsv.ledger.decisions import columns_of
from dsv.project import naming
from dsv.project.layout import INGEST
from dsv.project.manifest import Decided, Ingested, Shard, load_decided, load_ingested
from dsv.record.digest import Sum
from dsv.record.problem import ParamsError
from dsv.runner.shards import columns as live_columns
from dsv.runner.shards import narrow
from dsv.runner.shards.previous import Previous
from dsv.runner.stage import describe, element, emit, prepare, rounds
from dsv.runner.stage.context import Context
from dsv.runner.stage.emit import Emitted
from dsv.stages.base import ID
from dsv.store import files

TRIES = 3


class Ran(NamedTuple):
    """The report of a stage that ran, and how many shards were taken over from the version before."""

    report: dict[str, Any]
    shards: int
    reused: int


def run(context: Context, engine: Engine, previous: Previous, progress: Callable[[int, int], None]) -> Ran:
    """Runs the stage; its decisions, manifest and report are in place afterwards."""
    layout = context.layout
    ingested = load_ingested(layout.manifest(INGEST).read_bytes())
    manifests = load_manifests(context, ingested)
    shards = list(ingested.shards())
    needs = context.stage.needs(context.params, context.sources)
    _check_columns(context, shards, manifests)
    tasks = prepare.tasks(context, shards, needs, manifests)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        progress(done, 2 * len(tasks))

    reused = describe.run(engine, tasks, manifests, tick) if is_last(context) else prepare.run(engine, tasks, tick)
    outcome, emitted = _decided(engine, tasks, previous, tick)
    decided = Decided(context.stage_name, context.stage.REVISION, {e.relative: e.digests for e in emitted if e.digests})
    report = _report(context, shards, emitted, outcome.stats)
    if decided.shards or not is_last(context):
        files.write(layout.manifest(context.instance), decided.dump())
    if is_last(context):
        report |= dataset(context, engine, shards, manifests)
    files.write(layout.report(context.instance), dump(report))
    return Ran(report, len(tasks), reused)


def _decided(
    engine: Engine, tasks: Sequence[prepare.Task], previous: Previous, tick: Callable[[], None]
) -> tuple[rounds.Outcome, list[Emitted]]:
    """What the rounds decided and what became of each shard; from the beginning if the cache was emptied meanwhile."""
    for _ in range(TRIES):
        try:
            outcome = rounds.run(engine, tasks)
            return outcome, emit.run(engine, tasks, outcome, previous, tick)
        except narrow.Lost as error:
            lost = error
    raise lost


def is_last(context: Context) -> bool:
    """Whether this stage decides nothing and describes the whole data set: audit."""
    return bool(getattr(context.stage, "DESCRIBES", False))


def load_manifests(context: Context, ingested: Ingested) -> dict[str, Decided]:
    """The manifests of the stages before this one."""
    found = {INGEST: Decided(INGEST, 0, ingested.decisions)}
    for stage in context.upstream:
        if stage != INGEST:
            path = context.layout.manifest(stage)
            found[stage] = load_decided(path.read_bytes(), str(path))
    return found


def dump(report: Mapping[str, Any]) -> bytes:
    """A report as it is committed."""
    return (json.dumps(report, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _check_columns(context: Context, shards: Sequence[Shard], manifests: Mapping[str, Decided]) -> None:
    """Refuses names of columns that there are not, those that could not be known before the deliveries were read too."""
    known = {ID} | set(schema(context, shards, manifests))
    found = naming.problems(naming.named(context.instance, context.stage, context.params, context.sources), known, "no record has")
    for source, wanted in naming.annotated(context.stage, context.params, context.sources).items():
        own = [set(shard.schema) for shard in shards if shard.source == source]
        if own:
            found += naming.problems(wanted, set().union(*own), f"no annotation of {source} has")
    if found:
        raise ParamsError(found)


def schema(context: Context, shards: Sequence[Shard], manifests: Mapping[str, Decided]) -> dict[str, str]:
    """The columns of the data set after the stages before this one, with type names (several joined by |)."""
    types: dict[str, set[str]] = {}
    for shard in shards:
        if shard.kind == "records":
            for name, kind in shard.schema.items():
                types.setdefault(name, set()).add(kind)
    for stage in context.upstream:
        for digests in manifests[stage].shards.values():
            for name in columns_of(digests):
                types.setdefault(name, set())
    return {name: "|".join(sorted(kinds)) for name, kinds in sorted(types.items())}


def _report(
    context: Context, shards: Sequence[Shard], emitted: Sequence[Emitted], stats: Mapping[str, int]
) -> dict[str, Any]:
    total: Counter[str] = Counter()
    for part in emitted:
        total.update(part.counts)
    report: dict[str, Any] = {
        "stage": context.stage_name,
        "revision": context.stage.REVISION,
        "params": context.params_hash,
        "in": total.pop("in", 0),
        "kept": total.pop("kept", 0),
        "dropped": {},
        "changed": {},
        "values": {},
    }
    for name, n in sorted(total.items()):
        kind, _, rest = name.partition("\x1f")
        if kind == "drop":
            report["dropped"][rest] = n
        elif kind == "set":
            report["changed"][rest] = n
        elif kind == "value":
            column, _, value = rest.partition("\x1f")
            report["values"].setdefault(column, {})[value] = n
    listed = [[e.relative, e.digests.get("*", "")] for e in emitted]
    report["root"] = hashlib.sha256(json.dumps(listed).encode()).hexdigest()
    report["summary"] = dict(context.stage.summary(stats, context.params))
    return report


def dataset(
    context: Context, engine: Engine, shards: Sequence[Shard], manifests: Mapping[str, Decided]
) -> dict[str, Any]:
    """The root, the number of records and the schema of the data set."""
    records = [shard for shard in shards if shard.kind == "records"]
    tasks = [element.task(context.layout, shard, context.upstream, manifests) for shard in records]
    total = sum(engine.map(element.total, tasks), Sum())
    columns = live_columns.live(context.layout, records, context.upstream, manifests)
    return {
        "dataset": {
            "root": element.root(total, columns),
            "sum": f"{total.total:032x}",
            "records": total.n,
            "columns": columns,
        }
    }
