"""The wide step of a stage: `prepare` on every shard that the cache does not know yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from dsv.engines.base import Engine
from dsv.ledger.decisions import columns_of
from dsv.project.manifest import Decided, Shard
from dsv.runner.shards import narrow, read
from dsv.runner.stage.context import Context
from dsv.stages.base import RECORDS, Needs, View

NARROW, LOCAL = "narrow", "local"


class Task(NamedTuple):
    """One shard to prepare, and the keys under which the result is cached, and which rows arrive at the stage."""

    context: Context
    shard: Shard
    columns: tuple[str, ...] | None
    key: str
    decided: tuple[str, ...]


def wanted(shard: Shard, needs: Needs) -> tuple[str, ...] | None:
    """The columns that the stage reads of this shard; () when it does not read the kind."""
    if shard.kind != RECORDS:
        return needs.annotations
    return tuple(dict.fromkeys((*needs.records, *needs.optional))) if needs.records else needs.records


def tasks(context: Context, shards: Sequence[Shard], needs: Needs, manifests: Mapping[str, Decided]) -> list[Task]:
    """A task for every shard that the stage reads, with its cache key: content, values set upstream, params, revision, code."""
    facts = {name: tuple(fact) for name, fact in sorted(context.sources.items())}
    found = []
    for shard in shards:
        columns = wanted(shard, needs)
        if columns == ():
            continue
        upstream = []
        for stage in context.upstream:
            digests = manifests[stage].shards.get(shard.relative, {})
            set_here = {c: d for c, d in columns_of(digests).items() if columns is None or c in columns}
            upstream.append(sorted(set_here.items()))
        key = narrow.key(
            "prepare 2", context.stage_name, context.stage.REVISION, context.code, context.params_hash, shard.kind, shard.source,
            shard.digest, shard.key, columns, upstream, facts,
        )  # fmt: skip
        decided = tuple(manifests[stage].shards.get(shard.relative, {}).get("*", "") for stage in context.upstream)
        found.append(Task(context, shard, columns, key, decided))
    return found


def alive(task: Task) -> pl.Series:
    """Which rows of the task's shard the stages before keep; remembered, for every stage asks."""
    shard = task.shard
    known = read.known_alive(task.context.cache, shard, task.decided)
    if known is not None:
        return known
    mask = read.alive(task.context.layout, shard, task.context.upstream)
    _keep_alive(task, task.decided, mask)
    return mask


def remember_alive(task: Task, digest: str, after: pl.Series) -> None:
    """Keeps for the next stage which rows this one keeps; `digest` is that of what it decided."""
    _keep_alive(task, (*task.decided, digest), after)


def _keep_alive(task: Task, decided: Sequence[str], mask: pl.Series) -> None:
    task.context.cache.put_data(read.alive_key(task.shard, decided), np.packbits(mask.to_numpy()).tobytes())


def prepared(task: Task) -> bool:
    """Whether the cache has what `prepare` returned."""
    return task.context.cache.has(narrow.key(task.key, LOCAL))


def run(engine: Engine, wanted: Sequence[Task], done: Callable[[], None]) -> int:
    """Prepares what the cache lacks; the number of shards that were reused."""
    missing = [task for task in wanted if not prepared(task)]
    engine.map(prepare, missing, done)
    return len(wanted) - len(missing)


def prepare(task: Task, frame: pl.DataFrame | None = None) -> None:
    """Runs the stage's `prepare` on one shard and caches what it returned; `frame`: its view, where the caller has it."""
    context = task.context
    if frame is None:
        frame = read.view(context.layout, task.shard, task.columns, context.upstream)
    view = View(context.sources[task.shard.source], frame, context.sources)
    prepared = context.stage.prepare(view, context.params)
    if prepared.narrow.width and prepared.narrow.height != task.shard.rows:
        raise AssertionError(
            f"BUG: {context.stage_name}.prepare returned {prepared.narrow.height} rows for {task.shard.rows}"
        )
    # As it is, so that what a round asks of it is mapped and not read.
    context.cache.put_frame(narrow.key(task.key, NARROW), prepared.narrow, compressed=False)
    # Written last: where it exists, both exist.
    context.cache.put_frame(narrow.key(task.key, LOCAL), prepared.local)


def local_part(task: Task) -> pl.DataFrame:
    """What the prepared shard decided by itself, computed again if the cache lost it."""
    for _ in range(2):
        found = task.context.cache.frame(narrow.key(task.key, LOCAL))
        if found is not None:
            return found
        prepare(task)
    raise narrow.Lost(f"BUG: the cache in {task.context.layout.cache} does not keep what is written")
