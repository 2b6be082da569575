"""Builds what is out of date."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dsv import errors
from dsv.dvcio import lock, process
from dsv.dvcio.turn import turn
from dsv.engines import registry as engines
from dsv.engines.base import Engine
from dsv.ops import ahead, gc, serve
from dsv.ops.derive import derive
from dsv.ops.discard import discard
from dsv.ops.execute import execute
from dsv.ops.progress import SILENT, Progress
from dsv.ops.restore import restore
from dsv.project import reports
from dsv.project.layout import LOCK, PIPELINE, Layout
from dsv.project.params import load
from dsv.runner.stage.run_stage import Ran
from dsv.store.objects import file_md5


class StageRun(NamedTuple):
    """One stage after a run: whether it ran, the report, seconds, shards and how many of them were taken over."""

    name: str
    ran: bool
    report: dict[str, Any]
    seconds: float | None = None
    shards: int = 0
    reused: int = 0


def run(
    layout: Layout,
    stages: Sequence[str] = (),
    engine: str = "local",
    workers: int | None = None,
    progress: Progress = SILENT,
    *,
    cache_limit: int | None = gc.LIMIT,
) -> list[StageRun]:
    """Builds the stages (all when none is named) that are out of date, and what they need.

    Beyond `cache_limit` the local cache loses what was not used for the longest time, but nothing that this run used.
    """
    with turn(layout.root, wait=True) as held:
        started = time.time()
        done = _run(layout, stages, Work(engine, workers, progress), held)
        if any(stage.ran for stage in done):
            gc.after_run(layout, cache_limit, started)
        return done


class Work(NamedTuple):
    """How stages are run."""

    engine: str
    workers: int | None
    progress: Progress


def _run(layout: Layout, stages: Sequence[str], work: Work, held: int) -> list[StageRun]:
    plan = derive(layout)
    plan.check(stages)
    engines.check(work.engine)
    if not plan.sources:
        raise errors.DsvError("params.yaml names no source yet.", hint="dsv add PATH --source NAME --license SPDX")
    layout.temporary.mkdir(parents=True, exist_ok=True)
    params = load(layout.params)
    restore(layout, params)
    process.heal(layout.root)
    _check_lock(layout)
    ahead.check(layout, params, plan, stages)
    work.progress.step("dvc repro")
    told: dict[str, Told] = {}
    known: set[str] = set()
    discard(layout, known)

    # One engine for all stages: a cluster takes seconds to start.
    with engines.shared(work.engine, work.workers) as shared:

        def stage(name: str) -> bool:
            told[name] = _run_stage(layout, name, shared, work.progress)
            return told[name].error is None

        with serve.serving(stage) as address:

            def repro() -> errors.DsvError | None:
                try:
                    process.run(layout.root, ["repro", *stages], env={serve.ADDRESS: address}, held=held)
                except errors.DsvError as error:
                    return error
                return None

            problem = repro()
            # What DVC has put back of an earlier run is looked at once it is pinned.
            if discard(layout, known):
                problem = repro()
            if problem is not None:
                raise next((t.error for t in told.values() if t.error is not None), problem) from problem
    _sweep(layout)
    return [_stage_run(layout, name, told.get(name)) for name in plan.stages]


def _check_lock(layout: Layout) -> None:
    """Tells what is wrong with dvc.lock before DVC does."""
    path = layout.root / LOCK
    if path.exists():
        lock.parse(path.read_bytes(), (layout.root / PIPELINE).read_bytes())


def _sweep(layout: Layout) -> None:
    """Takes away the reports of stages that are gone, as long as they are as the stage wrote them: git would keep them for good."""
    locked, pipeline = (path.read_bytes() if path.exists() else b"" for path in (layout.root / LOCK, layout.root / PIPELINE))
    for name, stage in lock.gone(locked, pipeline).items():
        path = layout.report(name)
        written = {layout.root / out.path: out.oid for out in stage.outs}
        if path.is_file() and written.get(path) == file_md5(path):
            path.unlink()


class Told(NamedTuple):
    """What became of a stage that DVC started."""

    ran: Ran | None
    error: errors.DsvError | KeyboardInterrupt | None
    seconds: float


def _run_stage(layout: Layout, name: str, engine: Callable[[], Engine], progress: Progress) -> Told:
    started = time.monotonic()
    try:
        return Told(execute(layout, name, engine, progress), None, round(time.monotonic() - started, 3))
    except KeyboardInterrupt as stop:
        # Polars hears a Ctrl-C in whichever thread it works: it is told where the command ends, not here.
        return Told(None, stop, time.monotonic() - started)
    except Exception as error:
        return Told(None, errors.of(error), time.monotonic() - started)


def _stage_run(layout: Layout, name: str, told: Told | None) -> StageRun:
    path = layout.report(name)
    report = reports.load(path.read_bytes(), path.name) if path.exists() else {}
    if told is None or told.ran is None:
        return StageRun(name, False, report)
    return StageRun(name, True, report, told.seconds, told.ran.shards, told.ran.reused)
