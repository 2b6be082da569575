"""Builds a version that is in no commit, beside an older one: only what differs runs, and nothing outside of a scratch folder changes.

Stages run as in `dsv run`, through the same caches, but without DVC: what they write is not hashed, stored or pinned.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from dsv import errors
from dsv.engines import registry as engines
from dsv.ops import ahead
from dsv.ops.checkout import deliveries as tracked
from dsv.ops.derive import derive
from dsv.ops.derive import signatures as derived
from dsv.ops.execute import execute
from dsv.ops.run import Work
from dsv.ops.scratch import Scratch
from dsv.project import missing
from dsv.project.layout import INGEST, LOCK, PIPELINE, Layout, report, stage_out
from dsv.project.locked import kept
from dsv.project.params import load
from dsv.project.pipeline import INGEST_OUTS, Pipeline
from dsv.project.version import WORKSPACE, Version
from dsv.record.typedhash import same
from dsv.runner.stage.run_stage import Ran
from dsv.stages import python
from dsv.store import files
from dsv.store.objects import Store


class Wanted(NamedTuple):
    """What is to be built: the text of params.yaml, the deliveries by folder, other files, and the last stages that are asked for."""

    params: bytes
    deliveries: Mapping[str, str]
    files: Mapping[str, bytes] = {}
    stages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built(Version):
    """A version that lies in a scratch folder; it is gone with it. `ran` are the stages that ran, `only` those it has."""

    base: Version
    scratch: Scratch = field(repr=False)
    pipeline: Pipeline = field(repr=False)
    ran: Mapping[str, Ran] = field(repr=False)
    only: tuple[str, ...]

    @cached_property
    def store(self) -> Store:
        return self.base.store

    @cached_property
    def signature(self) -> Mapping[str, Any]:
        return kept(Version(self.layout, self.rev, None).signature, self.only)

    @cached_property
    def outs(self) -> Mapping[str, str]:
        """Output → oid, where it is that of the base; the others have none."""
        return {out: self.base.outs.get(out, "") if self._as_before(out) else "" for out in self._outs}

    @property
    def _outs(self) -> list[str]:
        return [*INGEST_OUTS, *map(stage_out, self.pipeline.deciding[1:])]

    def _as_before(self, out: str) -> bool:
        stage = INGEST if out in INGEST_OUTS else out.removeprefix("data/")
        return stage not in self.ran or self.manifest(stage) == self.base.manifest(stage)

    def tree(self, out: str) -> Mapping[str, str]:
        folder = self.layout.root / out
        return {path.relative_to(folder).as_posix(): "" for path in folder.rglob("*") if path.is_file()}

    def need(self, wanted: Mapping[str, Iterable[str] | None]) -> None:
        """Nothing: all of it lies here."""

    def open(self, out: str, relative: str) -> bytes | None:
        path = self.layout.open(out, relative)
        return None if path is None else path.read_bytes()

    def report(self, stage: str) -> dict[str, Any] | None:
        return super().report(stage) if stage in self.only else None


def build(base: Version, wanted: Wanted, scratch: Scratch, work: Work) -> Built:
    """The version as the params and deliveries make it; what it has in common with the base is taken from there."""
    home, layout = base.layout, Layout(scratch.folder)
    _furnish(base, wanted, layout)
    python.importable(home.root)
    pipeline = derive(layout)
    pipeline.check(wanted.stages)
    engines.check(work.engine)
    last = max((pipeline.stages.index(name) for name in wanted.stages), default=len(pipeline.stages) - 1)
    only = pipeline.stages[: last + 1]
    ran: dict[str, Ran] = {}
    moved: set[str] = set()
    signed = derived(pipeline)
    with engines.shared(work.engine, work.workers) as engine:
        for name in only:
            fresh = same(base.signature.get(name), signed[name]) and not moved.intersection(pipeline.upstream(name))
            if fresh and (name != INGEST or _delivered(base) == _declared(pipeline, wanted.deliveries)):
                _take_over(base, name, layout)
                continue
            work.progress.step(name)
            if name == INGEST:
                _deliver(base, pipeline, wanted.deliveries, layout)
                ahead.check(layout, load(layout.params), pipeline, wanted.stages, wanted.deliveries)
            ran[name] = execute(layout, name, engine, work.progress)
            if name not in pipeline.deciding or _manifest(layout, name) != base.manifest(name):
                moved.add(name)
    return Built(layout, "planned", None, base, scratch, pipeline, ran, only)


def _furnish(base: Version, wanted: Wanted, layout: Layout) -> None:
    """What a stage looks for in a project: params, the lock of the base, where the caches are."""
    for name, data in wanted.files.items():
        files.write(layout.root / name, data)
    files.write(layout.params, wanted.params)
    for name in (LOCK, PIPELINE):
        files.write(layout.root / name, base.text(name) or b"")
    files.write(layout.root / ".dvc" / "config.local", f"[cache]\n    dir = {base.store.folder}\n".encode())
    (layout.root / ".dsv").mkdir(exist_ok=True)
    base.layout.cache.mkdir(parents=True, exist_ok=True)
    layout.cache.symlink_to(base.layout.cache.resolve())


def _delivered(base: Version) -> dict[str, str]:
    """The deliveries that the base was built from."""
    return {dep.path: dep.oid for dep in base.locked[INGEST].deps} if INGEST in base.locked else {}


def deliveries_here(layout: Layout) -> dict[str, str]:
    """Folder of each delivery of the workspace → oid: tracked by a .dvc file, or written by a stage of the user's own."""
    return tracked(Version(layout, WORKSPACE, None))


def _declared(pipeline: Pipeline, deliveries: Mapping[str, str]) -> dict[str, str]:
    names = [f"data/raw/{source.name}/{batch}" for source in pipeline.sources for batch in source.batches]
    return {name: deliveries.get(name, "") for name in names}


def _deliver(base: Version, pipeline: Pipeline, deliveries: Mapping[str, str], layout: Layout) -> None:
    """Puts the deliveries in place: those of the workspace where they are the same, else those of the cache."""
    there = deliveries_here(base.layout)
    for name, oid in _declared(pipeline, deliveries).items():
        here, target = base.layout.root / name, layout.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir() and oid == there.get(name):
            target.symlink_to(here.resolve())
        elif not oid:
            source = name.split("/")[-2]
            raise errors.DataMissing(
                f"The delivery {name} is neither in the workspace nor in the cache.", hint=f"dsv add PATH --source {source}"
            )
        else:
            missing.require(base, {name: oid})
            base.store.check(base.store.tree(oid).values())
            _farm(base.store, base.store.tree(oid), target)


def _take_over(base: Version, stage: str, layout: Layout) -> None:
    """What the base has of a stage, by links: these are read, and replaced where they are written."""
    for out in INGEST_OUTS if stage == INGEST else (stage_out(stage),):
        if out in base.outs:
            missing.require(base, {out: base.outs[out]})
        _farm(base.store, base.tree(out), layout.root / out)
    told = base.text(report(stage))
    if told is not None:
        files.write(layout.report(stage), told)


def _farm(store: Store, tree: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    made: set[Path] = set()
    for name, oid in tree.items():
        target = folder / name
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        os.symlink(store.path(oid), target)


def _manifest(layout: Layout, stage: str) -> bytes | None:
    path = layout.manifest(stage)
    return path.read_bytes() if path.exists() else None
