"""Brings back a version and proves that it is the same one."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from dsv import errors
from dsv.engines import registry as engines
from dsv.ops import sides
from dsv.ops.checkout import checkout, deliveries, materialise
from dsv.ops.execute import execute
from dsv.ops.progress import SILENT, Progress
from dsv.project import missing
from dsv.project.build import pipeline
from dsv.project.layout import Layout
from dsv.project.version import Version, find
from dsv.record.digest import Sum
from dsv.runner.compare.side import Side
from dsv.runner.stage import element


class Reproduced(NamedTuple):
    """The root that was recorded, the one that was found, and the first stage whose root differs."""

    rev: str
    expected: str
    actual: str
    first_difference: str | None
    folder: Path | None

    @property
    def equal(self) -> bool:
        return self.expected == self.actual


def reproduce(
    layout: Layout, rev: str, output: Path | None = None, *, rebuild: bool = False, progress: Progress = SILENT
) -> Reproduced:
    """Recomputes the root of a version from its verified objects; or, rebuilding, from its deliveries through every stage."""
    version = find(layout, rev)
    if version.sha is None:
        raise errors.UsageError("reproduce takes a committed version.")
    report = version.report("audit")
    if report is None or "dataset" not in report:
        raise errors.UnknownVersion(f"{rev} records no root.", hint="dsv log")
    expected = str(report["dataset"]["root"])
    if rebuild:
        return _rebuild(version, expected, output, progress)
    side = sides.whole(version)
    total = _sum(side)
    actual = element.root(total, report["dataset"]["columns"])
    if output is not None:
        checkout(layout, rev, output)
    return Reproduced(version.sha, expected, actual, None if actual == expected else "audit", output)


def _sum(side: Side) -> Sum:
    """The sum of the version's elements, from its objects, trusting no local cache."""
    with tempfile.TemporaryDirectory(prefix="dsv-") as folder:
        engine = engines.start("local")
        try:
            tasks = [
                element.Task(side.files, Path(folder), shard, side.stages, shard.relative.replace("/", "-"))
                for shard in side.shards
            ]
            return sum(engine.map(element.total, tasks), Sum())
        finally:
            engine.close()


def _rebuild(version: Version, expected: str, output: Path | None, progress: Progress) -> Reproduced:
    """Runs every stage from the deliveries in a folder of its own."""
    missing.require(version, deliveries(version))
    folder = output or Path(tempfile.mkdtemp(prefix="dsv-rebuild-", dir=_scratch(version.layout)))
    if output is not None and output.exists() and any(output.iterdir()):
        raise errors.UsageError(f"{output} is not empty.")
    try:
        materialise(version, folder, only_version=False, outs=False)
        (folder / "dvc.lock").unlink(missing_ok=True)
        built = Layout(folder)
        (folder / ".dsv" / "tmp").mkdir(parents=True, exist_ok=True)
        different = None
        actual = ""
        for name in pipeline(built).stages:
            progress.step(name)
            report = execute(built, name).report
            recorded = version.report(name) or {}
            if different is None and report.get("root") != recorded.get("root"):
                different = name
            actual = str(report.get("dataset", {}).get("root", actual))
        return Reproduced(str(version.sha), expected, actual, different if actual != expected else None, output)
    finally:
        if output is None:
            shutil.rmtree(folder, ignore_errors=True)


def _scratch(layout: Layout) -> Path:
    layout.temporary.mkdir(parents=True, exist_ok=True)
    return layout.temporary
