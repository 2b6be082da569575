"""The narrow step of a stage: brings rows with equal keys together, in as many partitions as memory asks for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.engines.base import Engine
from dsv.runner import prepare, read
from dsv.runner.prepare import Task
from dsv.stages.base import ANNOTATIONS, Decided, Round

Mask = npt.NDArray[np.bool_]
PARTITION_ROWS = 16_000_000


class Outcome(NamedTuple):
    """All rows that the rounds decided, with `partner` as id, and the summed statistics."""

    rows: list[pl.DataFrame]
    stats: dict[str, int]


class Part(NamedTuple):
    """One partition of one round."""

    tasks: Sequence[Task]
    masks: Sequence[Mask]
    step: Round
    number: int
    parts: int


def run(engine: Engine, tasks: Sequence[Task]) -> Outcome:
    """Runs the stage's rounds over the prepared shards."""
    outcome = Outcome([], {})
    if not tasks:
        return outcome
    context = tasks[0].context
    rounds = context.stage.rounds(context.params)
    if not rounds:
        return outcome
    masks = engine.map(alive, tasks)
    total = sum(task.shard.rows for task in tasks)
    for step in rounds:
        parts = -(-total // PARTITION_ROWS) if step.key else 1
        for decided in engine.map(decide, [Part(tasks, masks, step, i, parts) for i in range(max(1, parts))]):
            for name, value in decided.stats.items():
                outcome.stats[name] = outcome.stats.get(name, 0) + value
            if decided.rows.height:
                outcome.rows.append(decided.rows)
                masks = _without(tasks, masks, decided.rows)
    if outcome.rows:
        frames = [partners(tasks, frame) for frame in outcome.rows]
        return Outcome(frames, outcome.stats)
    return outcome


def alive(task: Task) -> Mask:
    """Which rows of the task's shard the stages before keep."""
    return prepare.alive(task).to_numpy()


def _without(tasks: Sequence[Task], masks: Sequence[Mask], rows: pl.DataFrame) -> list[Mask]:
    if "rule" not in rows.columns:
        return list(masks)
    dropped = rows.filter(pl.col("rule").is_not_null()).partition_by("shard", as_dict=True)
    changed = []
    for task, mask in zip(tasks, masks, strict=True):
        gone = dropped.get((task.shard.ordinal,))
        if gone is not None:
            mask = mask.copy()
            mask[gone["row"].to_numpy()] = False
        changed.append(mask)
    return changed


def decide(part: Part) -> Decided:
    """Decides one partition of a round."""
    frames = [frame for frame in map(partial(_rows, part), part.tasks, part.masks) if frame is not None]
    if not frames:
        return Decided(pl.DataFrame())
    together = pl.concat(frames, how="diagonal_relaxed")
    return part.step.decide(together, part.tasks[0].context.params)


def _rows(part: Part, task: Task, mask: Mask) -> pl.DataFrame | None:
    wanted = None if part.step.columns is None else {*part.step.columns, *part.step.key}
    narrow = prepare.narrow_part(task, wanted)
    if narrow.width == 0 or any(column not in narrow.columns for column in part.step.key):
        return None
    narrow = narrow.with_columns(
        pl.lit(task.shard.ordinal, pl.UInt32).alias("shard"),
        pl.int_range(narrow.height, dtype=pl.UInt32).alias("row"),
        pl.lit(task.shard.batch_ordinal, pl.UInt32).alias("batch"),
        pl.lit(task.shard.kind == ANNOTATIONS).alias("annotation"),
        pl.Series("alive", mask),
    )
    if part.parts > 1:
        narrow = narrow.filter(pl.col(part.step.key[0]) % part.parts == part.number)
    return narrow


def partners(tasks: Sequence[Task], rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `partner_shard` and `partner_row` resolved to the partner's id."""
    if "partner_shard" not in rows.columns:
        return rows
    shards = {task.shard.ordinal: task for task in tasks}
    asked = (
        rows.filter(pl.col("partner_shard").is_not_null())
        .select("partner_shard", "partner_row")
        .unique(maintain_order=True)
    )
    found = []
    for (ordinal,), group in asked.partition_by("partner_shard", as_dict=True).items():
        task = shards[ordinal]
        names = read.ids(task.context.layout, task.shard)
        found.append(group.with_columns(names.gather(group["partner_row"]).alias("partner")))
    if not found:
        return rows.with_columns(partner=pl.lit(None, pl.String)).drop("partner_shard", "partner_row")
    joined = rows.join(pl.concat(found), on=["partner_shard", "partner_row"], how="left", maintain_order="left")
    return joined.drop("partner_shard", "partner_row")
