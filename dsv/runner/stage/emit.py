"""The last step of a stage: decision files, linked from the previous version where nothing changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from dsv.engines.base import Engine
from dsv.ledger import decisions as ledger
from dsv.ledger.decisions import ALL, DROP_COLUMN, SET, Decisions
from dsv.runner.shards import ledger_files, narrow
from dsv.runner.shards.previous import Previous
from dsv.runner.stage import prepare
from dsv.runner.stage.prepare import Task
from dsv.runner.stage.rounds import Outcome, Rows
from dsv.stages.base import RECORDS

MOST_VALUES = 1000


class Job(NamedTuple):
    """One shard to emit."""

    task: Task
    decided: tuple[Rows, ...]
    previous: Previous


class Emitted(NamedTuple):
    """What was decided about one shard: digests (empty when nothing was decided), counts, whether a file was reused."""

    relative: str
    digests: Mapping[str, str]
    counts: Mapping[str, int]
    reused: bool


def run(
    engine: Engine, tasks: Sequence[Task], outcome: Outcome, previous: Previous, done: Callable[[], None]
) -> list[Emitted]:
    """Emits every record shard."""
    jobs = [
        Job(task, outcome.rows.get(task.shard.ordinal, ()), previous)
        for task in tasks
        if task.shard.kind == RECORDS
    ]  # fmt: skip
    return engine.map(emit, jobs, done)


def emit(job: Job) -> Emitted:
    """Decides one shard and puts its decision files in place."""
    shard = job.task.shard
    key = narrow.key("emitted 2", job.task.key, job.task.decided, [rows.digest for rows in job.decided])
    known = _known(job, key)
    if known is not None:
        return known
    decisions, before = _decide(job)
    if decisions is None:
        counts = {"in": int(before.sum()), "kept": int(before.sum())}
        return Emitted(shard.relative, {}, counts, False)
    after = ledger.kept(decisions, shard.rows, before)
    counts = count(decisions, before, after)
    if not decisions.dense and decisions.table.is_empty():
        return Emitted(shard.relative, {}, counts, False)
    digests = decisions.digests()
    prepare.remember_alive(job.task, digests[ALL], after)
    reused = _put(job, decisions, digests)
    job.task.context.cache.put_data(key, json.dumps({"digests": digests, "counts": counts}).encode())
    return Emitted(shard.relative, digests, counts, reused)


def _decide(job: Job) -> tuple[Decisions | None, pl.Series]:
    """What the stage decides about the shard, and which of its rows arrive there."""
    context = job.task.context
    rounds = [rows.load(context.cache) for rows in job.decided]
    decided = pl.concat(rounds, how="diagonal_relaxed") if rounds else pl.DataFrame(schema={"row": pl.UInt32})
    found = context.stage.emit(prepare.local_part(job.task), decided, job.task.shard.rows, context.params)
    before = prepare.alive(job.task)
    return None if found is None else _alive_only(found, before), before


def _known(job: Job, key: str) -> Emitted | None:
    """What was decided before from the same, if its files can be linked: most shards when a batch arrives."""
    cached = job.task.context.cache.data(key)
    if cached is None:
        return None
    known = json.loads(cached)
    shard, context = job.task.shard, job.task.context
    linked = ledger_files.link(context.layout, context.instance, shard, known["digests"], job.previous)
    return Emitted(shard.relative, known["digests"], known["counts"], True) if linked else None


def _put(job: Job, decisions: Decisions, digests: Mapping[str, str]) -> bool:
    context = job.task.context
    stage = (context.instance, context.stage_name, context.stage.REVISION)
    return ledger_files.put(context.layout, stage, job.task.shard, decisions, digests, job.previous)


def _alive_only(decisions: Decisions, before: pl.Series) -> Decisions:
    """Without what drops or keeps records that are gone: it would make every later version differ.

    Not so values: what a record is set to or assigned does not change when another stage drops it, nor do the files.
    """
    if decisions.dense:
        return decisions
    mask = before.gather(decisions.table["row"])
    if mask.all():
        return decisions
    return Decisions(decisions.table.filter(mask | (decisions.table["action"] == SET)))


def count(decisions: Decisions, before: pl.Series, after: pl.Series) -> dict[str, int]:
    """Counts for the report: in, kept, drops by rule, sets by rule, and values of assigned text columns."""
    found: Counter[str] = Counter({"in": int(before.sum()), "kept": int(after.sum())})
    table = decisions.table
    if decisions.dense:
        if DROP_COLUMN in table.columns:
            found.update(
                {
                    f"drop\x1f{rule}": n
                    for rule, n in table[DROP_COLUMN].filter(before).drop_nulls().value_counts().iter_rows()
                }
            )
        for name in decisions.assigned:
            if table.schema[name] == pl.String:
                values = table.filter(after)[name].value_counts(sort=True)
                found.update(
                    {f"value\x1f{name}\x1f{v}": n for v, n in values.head(MOST_VALUES).iter_rows() if v is not None}
                )
        return dict(found)
    there = table.filter(before.gather(table["row"]))
    for rule, action, n in there.group_by("rule", "action").len().iter_rows():
        found[f"{action}\x1f{rule}"] += n
    return dict(found)
