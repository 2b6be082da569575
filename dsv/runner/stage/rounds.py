"""The narrow step of a stage: brings rows with equal keys together, in as many parts as memory and workers ask for.

What a round decides about a key depends on the rows of that key alone. So a run remembers what it decided, and the next
one decides only the keys of rows that are new, gone, or kept or dropped unlike before (`dsv.runner.stage.again`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import polars as pl

from dsv.engines.base import Engine
from dsv.engines.local import in_threads
from dsv.record import content
from dsv.runner.shards import narrow
from dsv.runner.shards.narrow import Cache
from dsv.runner.stage import again, prepare, scatter
from dsv.runner.stage.deal import Dealt
from dsv.runner.stage.gather import Found, Mask, Part, decide, pieces
from dsv.runner.stage.prepare import Task
from dsv.stages.base import Round

# With fewer rows a second part costs more than it brings.
WORTH_PARTS = 500_000


class Rows(NamedTuple):
    """What a round decided about one shard: a frame in the local cache, by the digest of its content."""

    digest: str

    def load(self, cache: Cache) -> pl.DataFrame:
        """The rows, sorted by `row`."""
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
        old, new = engine.map(decide, [plan.old, plan.new]) if plan.keys else (Found(), Found())
        figures = again.figures(state, old.stats, new.stats)
        found = _merged(plan, Dealt(tasks, [new.rows]), cache)
    else:
        outcome = _whole(engine, Part(tasks[0].context, pieces(tasks, masks), step))
        totals: Counter[str] = Counter()
        for part in outcome:
            totals.update(part.stats)
        figures = {name: n for name, n in totals.items() if n}
        dealt = Dealt(tasks, [part.rows for part in outcome])
        found = dict(zip(dealt.ordinals, in_threads(partial(_dealt, cache, dealt), dealt.ordinals), strict=True))
    if step.key:
        again.save(cache, slot, tasks, masks, {ordinal: rows.digest for ordinal, rows in found.items()}, figures)
    return found, figures


def _whole(engine: Engine, whole: Part) -> list[Found]:
    """What is decided about all rows, at once or part by part."""
    parts = max(_worth(engine, whole), -(-scatter.size(whole.context, whole.pieces) // scatter.STEP))
    if parts < 2 or not whole.step.key:
        return engine.map(decide, [whole])
    with scatter.room(whole.context) as folder:
        written = [one for some in engine.map(scatter.write, scatter.bundles(whole, parts, folder)) for one in some]
        some = [scatter.Some(whole.context, whole.step, written, number) for number in range(parts)]
        return engine.map(scatter.decide, some)


def _worth(engine: Engine, whole: Part) -> int:
    return engine.workers if sum(piece.rows for piece in whole.pieces) > WORTH_PARTS else 1


def _key(digest: str) -> str:
    return narrow.key("decided", digest)


def _keep(cache: Cache, frame: pl.DataFrame) -> Rows:
    """The rows of one shard, put where the next run and the next step find them: not in memory."""
    digest = content.digest(frame)
    if not cache.has(_key(digest)):
        cache.put_frame(_key(digest), frame)
    return Rows(digest)


def _dealt(cache: Cache, dealt: Dealt, ordinal: int) -> Rows:
    rows = dealt.rows(ordinal)
    assert rows is not None
    return _keep(cache, rows)


def _merged(plan: again.Plan, fresh: Dealt, cache: Cache) -> dict[int, Rows]:
    """What was decided before, without the rows of the keys that were decided again, and what was decided now."""
    found = {}
    for ordinal in {*plan.decided, *fresh.ordinals}:
        known, new = plan.decided.get(ordinal), fresh.rows(ordinal)
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
            found[ordinal] = _keep(cache, frame)
    return found


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
