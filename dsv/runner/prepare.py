"""The wide step of a stage: `prepare` on every shard that the cache does not know yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from dsv.engines.base import Engine
from dsv.project.manifest import Decided, Shard
from dsv.runner import narrow, read
from dsv.runner.context import Context
from dsv.stages.base import RECORDS, Needs, Prepared, View

NARROW, LOCAL = "narrow", "local"


class Task(NamedTuple):
    """One shard to prepare, and the key under which the result is cached."""

    context: Context
    shard: Shard
    columns: tuple[str, ...] | None
    key: str


def wanted(shard: Shard, needs: Needs) -> tuple[str, ...] | None:
    """The columns that the stage reads of this shard; () when it does not read the kind."""
    return needs.records if shard.kind == RECORDS else needs.annotations


def tasks(context: Context, shards: Sequence[Shard], needs: Needs, manifests: Mapping[str, Decided]) -> list[Task]:
    """A task for every shard that the stage reads, with its cache key: content, values set upstream, params, revision."""
    facts = {name: tuple(fact) for name, fact in sorted(context.sources.items())}
    found = []
    for shard in shards:
        columns = wanted(shard, needs)
        if columns == ():
            continue
        upstream = []
        for stage in context.upstream:
            digests = manifests[stage].shards.get(shard.relative, {})
            set_here = {c: d for c, d in digests.items() if c != "*" and (columns is None or c in columns)}
            upstream.append(sorted(set_here.items()))
        key = narrow.key(
            "prepare", context.stage_name, context.stage.REVISION, context.params_hash, shard.kind, shard.source,
            shard.digest, shard.key, columns, upstream, facts,
        )  # fmt: skip
        found.append(Task(context, shard, columns, key))
    return found


def run(engine: Engine, wanted: Sequence[Task], done: Callable[[], None]) -> int:
    """Prepares what the cache lacks; the number of shards that were reused."""
    missing = [task for task in wanted if not task.context.cache.has(narrow.key(task.key, LOCAL))]
    engine.map(prepare, missing, done)
    return len(wanted) - len(missing)


def prepare(task: Task) -> None:
    """Runs the stage's `prepare` on one shard and caches what it returned."""
    context = task.context
    frame = read.view(context.layout, task.shard, task.columns, context.upstream)
    view = View(context.sources[task.shard.source], frame, context.sources)
    prepared = context.stage.prepare(view, context.params)
    if prepared.narrow.width and prepared.narrow.height != task.shard.rows:
        raise AssertionError(
            f"BUG: {context.stage_name}.prepare returned {prepared.narrow.height} rows for {task.shard.rows}"
        )
    context.cache.put_frame(narrow.key(task.key, NARROW), prepared.narrow)
    # Written last: where it exists, both exist.
    context.cache.put_frame(narrow.key(task.key, LOCAL), prepared.local)


def load(task: Task) -> Prepared:
    """What `prepare` returned for the task, computed again if the cache lost it."""
    for _ in range(2):
        found = part(task, NARROW), part(task, LOCAL)
        if found[0] is not None and found[1] is not None:
            return Prepared(found[0], found[1])
        prepare(task)
    raise AssertionError(f"BUG: the cache in {task.context.layout.cache} does not keep what is written")


def part(task: Task, which: str) -> pl.DataFrame | None:
    """One of the two frames of a prepared shard."""
    return task.context.cache.frame(narrow.key(task.key, which))
