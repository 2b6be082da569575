"""Builds what is out of date."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dsv import errors
from dsv.dvcio import process
from dsv.ops.progress import SILENT, Progress
from dsv.ops.restore import restore
from dsv.project import edit
from dsv.project.build import stages as dvc_text
from dsv.project.layout import Layout
from dsv.project.params import licences, load
from dsv.project.pipeline import Pipeline, build
from dsv.project.pipeline import signatures as pipeline_signatures
from dsv.record import yaml12
from dsv.runner import files, ingest

SIGNED = "# Written by `dsv run`: what beside params.yaml and data can change a record. Committed; never edited.\n"


class StageRun(NamedTuple):
    """One stage after a run: whether it ran, the report, seconds, shards and how many of them were taken over."""

    name: str
    ran: bool
    report: dict[str, Any]
    seconds: float | None = None
    shards: int = 0
    reused: int = 0


def signatures(plan: Pipeline) -> dict[str, Any]:
    """What `.dsv/sig.yaml` should hold."""
    return pipeline_signatures(plan, ingest.REVISION, {s.name: ingest.signature(s) for s in plan.sources})


def prepare(layout: Layout) -> Pipeline:
    """Checks params.yaml and writes dvc.yaml and .dsv/sig.yaml where they differ."""
    edit.quote_keys(layout.params)
    params = load(layout.params)
    licences.check(params)
    plan = build(params)
    text, differs = dvc_text(layout, plan)
    if differs:
        files.write(layout.root / "dvc.yaml", text.encode())
    signed = (SIGNED + yaml12.dump(signatures(plan))).encode()
    if not layout.signature.exists() or layout.signature.read_bytes() != signed:
        files.write(layout.signature, signed)
    return plan


def run(
    layout: Layout,
    stages: Sequence[str] = (),
    engine: str = "local",
    workers: int | None = None,
    progress: Progress = SILENT,
) -> list[StageRun]:
    """Builds the stages (all when none is named) that are out of date, and what they need."""
    plan = prepare(layout)
    unknown = [name for name in stages if name not in plan.stages]
    if unknown:
        raise errors.UsageError(f"There is no stage {unknown[0]!r}; there are {', '.join(plan.stages)}.")
    if not plan.sources:
        raise errors.DsvError("params.yaml names no source yet.", hint="dsv add PATH --source NAME --license SPDX")
    layout.temporary.mkdir(parents=True, exist_ok=True)
    notes = layout.temporary / f"notes-{os.getpid()}"
    environment = {"DSV_NOTES": str(notes), "DSV_ENGINE": engine, "DSV_WORKERS": str(workers or "")}
    restore(layout, load(layout.params))
    progress.step("dvc repro")
    try:
        process.run(layout.root, ["repro", *stages], env=environment)
        told = _read(notes)
    except errors.DsvError as error:
        raise _why(notes, error) from error
    finally:
        notes.unlink(missing_ok=True)
    return [_stage_run(layout, name, told) for name in plan.stages]


def _read(notes: Path) -> dict[str, dict[str, Any]]:
    if not notes.exists():
        return {}
    return {entry["stage"]: entry for entry in map(json.loads, notes.read_text(encoding="utf-8").splitlines())}


def _why(notes: Path, error: errors.DsvError) -> errors.DsvError:
    """The error that the stage itself reported, where it did."""
    for entry in _read(notes).values():
        if "error" in entry:
            return errors.KINDS[entry["error"]](entry["message"], hint=entry["hint"])
    return error


def _stage_run(layout: Layout, name: str, told: dict[str, dict[str, Any]]) -> StageRun:
    path = layout.report(name)
    report = json.loads(path.read_bytes()) if path.exists() else {}
    entry = told.get(name)
    if entry is None:
        return StageRun(name, False, report)
    return StageRun(name, True, report, entry.get("seconds"), entry.get("shards", 0), entry.get("reused", 0))


def tell(entry: dict[str, Any], started: float) -> None:
    """Called by `dsv x`: tells the `dsv run` that started it what became of the stage."""
    path = os.environ.get("DSV_NOTES")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({**entry, "seconds": round(time.monotonic() - started, 3)}) + "\n")
