"""The wide step of the stage that describes the data set: it prepares a shard and sums its elements for the root.

Both need all that was decided about the shard, which is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from dsv.engines.base import Engine
from dsv.project.manifest import Decided
from dsv.runner.shards import cells, read
from dsv.runner.stage import element, prepare


class Job(NamedTuple):
    """One record shard to prepare and to sum, and what its columns were set to, by digest."""

    task: prepare.Task
    element: element.Task
    chains: Mapping[str, tuple[str, ...]]


def run(
    engine: Engine, tasks: Sequence[prepare.Task], manifests: Mapping[str, Decided], done: Callable[[], None]
) -> int:
    """Prepares and sums what the cache lacks; the number of shards that were reused. The sums are in the cache then."""
    jobs = [
        Job(
            t,
            element.task(t.context.layout, t.shard, t.context.upstream, manifests),
            cells.chains(t.shard, t.context.upstream, manifests),
        )
        for t in tasks
    ]
    reused = sum(prepare.prepared(job.task) for job in jobs)
    missing = [job for job in jobs if not prepare.prepared(job.task) or element.known(job.element) is None]
    engine.map(describe, missing, done)
    return reused


def describe(job: Job) -> None:
    """Prepares and sums one shard, and keeps codes of its values for comparisons."""
    task, context = job.task, job.task.context
    decided = read.all_decisions(context.layout, task.shard, context.upstream)
    frame = read.view(context.layout, task.shard, None, (), decided)
    cells.keep(context.cache, task.shard, frame, job.chains)
    if not prepare.prepared(task):
        prepare.prepare(task, frame if task.columns is None else None)
    element.total(job.element, decided)
