"""The narrow step of a stage: brings rows with equal keys together, in as many partitions as memory and workers ask for.

What a round decides about a key depends on the rows of that key alone. So a run remembers what it decided, and the next
one decides only the keys of rows that are new, gone, or kept or dropped unlike before (`dsv.runner.again`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from dsv.engines.base import Engine
from dsv.record import content
from dsv.runner import again, narrow, prepare, read
from dsv.runner.gather import Mask, Part, decide
from dsv.runner.narrow import Cache
from dsv.runner.prepare import Task
from dsv.stages.base import Round

PARTITION_ROWS = 16_000_000
# With fewer rows a second partition costs more than it brings.
WORTH_PARTITIONS = 500_000


class Rows(NamedTuple):
    """What a round decided about one shard: a frame in the local cache, by the digest of its content."""

    digest: str
    frame: pl.DataFrame | None = None

    def load(self, cache: Cache) -> pl.DataFrame:
        """The rows, sorted by `row`."""
        if self.frame is not None:
            return self.frame
        found = cache.frame(_key(self.digest))
        if found is None:
            raise narrow.Lost(f"BUG: the cache in {cache.folder} does not keep what is written")
        return found


class Outcome(NamedTuple):
    """What the rounds decided, by the ordinal of the shard, one entry a round; and the summed statistics."""

    rows: Mapping[int, tuple[Rows, ...]]
    stats: dict[str, int]


def run(engine: Engine, tasks: Sequence[Task]) -> Outcome:
    """Runs the stage's rounds over the prepared shards."""
    if not tasks:
        return Outcome({}, {})
    rounds = tasks[0].context.stage.rounds(tasks[0].context.params)
    if not rounds:
        return Outcome({}, {})
    cache = tasks[0].context.cache
    masks: Sequence[Mask] = engine.map(alive, tasks)
    rows: dict[int, tuple[Rows, ...]] = {}
    stats: Counter[str] = Counter()
    for number, step in enumerate(rounds):
        decided, figures = _round(engine, tasks, masks, step, number)
        stats.update(figures)
        for ordinal, found in decided.items():
            rows[ordinal] = (*rows.get(ordinal, ()), found)
        if number + 1 < len(rounds):
            masks = _without(tasks, masks, decided, cache)
    return Outcome(rows, {name: n for name, n in stats.items() if n})


def alive(task: Task) -> Mask:
    """Which rows of the task's shard the stages before keep."""
    return prepare.alive(task).to_numpy()


def _round(
    engine: Engine, tasks: Sequence[Task], masks: Sequence[Mask], step: Round, number: int
) -> tuple[dict[int, Rows], Mapping[str, int]]:
    """What one round decides by shard, and its figures; as little as possible is decided anew."""
    cache = tasks[0].context.cache
    slot = again.slot(tasks[0].context, step, number)
    state = again.load(cache, slot) if step.key else None
    plan = again.plan(state, tasks, masks, step) if state is not None else None
    if state is not None and plan is not None and all(cache.has(_key(d)) for d in plan.decided.values()):
        old, new = engine.map(decide, [plan.old, plan.new]) if plan.keys else (again.NOTHING, again.NOTHING)
        figures = again.figures(state, old.stats, new.stats)
        found = _merged(plan, _by_shard(tasks, [new.rows]), cache)
    else:
        parts = _parts(engine, tasks, step)
        outcome = engine.map(decide, [Part.whole(tasks, masks, step, i, parts) for i in range(parts)])
        totals: Counter[str] = Counter()
        for part in outcome:
            totals.update(part.stats)
        figures = {name: n for name, n in totals.items() if n}
        found = {}
        for ordinal, frame in _by_shard(tasks, [part.rows for part in outcome]).items():
            found[ordinal] = _keep(cache, frame, remember=bool(step.key))
    if step.key:
        again.save(cache, slot, tasks, masks, {ordinal: rows.digest for ordinal, rows in found.items()}, figures)
    return found, figures


def _parts(engine: Engine, tasks: Sequence[Task], step: Round) -> int:
    if not step.key:
        return 1
    total = sum(task.shard.rows for task in tasks)
    return max(1, -(-total // PARTITION_ROWS), engine.workers if total > WORTH_PARTITIONS else 1)


def _key(digest: str) -> str:
    return narrow.key("decided", digest)


def _keep(cache: Cache, frame: pl.DataFrame, *, remember: bool) -> Rows:
    digest = content.digest(frame)
    if remember and not cache.has(_key(digest)):
        cache.put_frame(_key(digest), frame)
    return Rows(digest, frame)


def _merged(plan: again.Plan, fresh: Mapping[int, pl.DataFrame], cache: Cache) -> dict[int, Rows]:
    """What was decided before, without the rows of the keys that were decided again, and what was decided now."""
    found = {}
    for ordinal in {*plan.decided, *fresh}:
        known, new = plan.decided.get(ordinal), fresh.get(ordinal)
        hit = plan.hits.get(ordinal)
        if known is not None and hit is None:
            found[ordinal] = Rows(known)
            continue
        parts = [new] if new is not None else []
        if known is not None:
            before = Rows(known).load(cache)
            parts.append(before.filter(~pl.col("row").is_in(pl.Series(hit, dtype=pl.UInt32).implode())))
        frame = pl.concat(parts, how="diagonal_relaxed").sort("row", maintain_order=True)
        if frame.height:
            found[ordinal] = _keep(cache, frame, remember=True)
    return found


def _by_shard(tasks: Sequence[Task], rows: Sequence[pl.DataFrame]) -> dict[int, pl.DataFrame]:
    """The decided rows by shard, sorted, with `partner` as id."""
    frames = [partners(tasks, frame) for frame in rows if frame.height]
    if not frames:
        return {}
    together = pl.concat(frames, how="diagonal_relaxed")
    split = together.partition_by("shard", as_dict=True, include_key=False)
    return {ordinal: _sorted(frame) for (ordinal,), frame in split.items()}


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if frame["row"].is_sorted() else frame.sort("row", maintain_order=True)


def _without(tasks: Sequence[Task], masks: Sequence[Mask], decided: Mapping[int, Rows], cache: Cache) -> Sequence[Mask]:
    """The masks without what the round dropped."""
    changed = []
    for task, mask in zip(tasks, masks, strict=True):
        rows = decided.get(task.shard.ordinal)
        frame = None if rows is None else rows.load(cache)
        if frame is not None and "rule" in frame.columns:
            mask = mask.copy()
            mask[frame.filter(pl.col("rule").is_not_null())["row"].to_numpy()] = False
        changed.append(mask)
    return changed


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
