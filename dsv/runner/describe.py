"""The wide step of the stage that describes the data set: it prepares a shard and sums its elements for the root.

Both need all that was decided about the shard, which is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from dsv.engines.base import Engine
from dsv.project.manifest import Decided
from dsv.runner import element, prepare, read


class Job(NamedTuple):
    """One record shard to prepare and to sum."""

    task: prepare.Task
    element: element.Task


def run(
    engine: Engine, tasks: Sequence[prepare.Task], manifests: Mapping[str, Decided], done: Callable[[], None]
) -> int:
    """Prepares and sums what the cache lacks; the number of shards that were reused. The sums are in the cache then."""
    jobs = [Job(t, element.task(t.context.layout, t.shard, t.context.upstream, manifests)) for t in tasks]
    missing = [job for job in jobs if not prepare.prepared(job.task) or element.known(job.element) is None]
    engine.map(describe, missing, done)
    return len(jobs) - len(missing)


def describe(job: Job) -> None:
    """Prepares and sums one shard."""
    shard = job.task.shard
    decided = read.all_decisions(job.task.context.layout, shard, job.task.context.upstream)
    if not prepare.prepared(job.task):
        prepare.prepare(job.task, decided)
    element.total(job.element, decided)
