"""Runs one stage: what `dsv x STAGE` does inside DVC."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout

from dsv import errors
from dsv.dvcio import config, lock
from dsv.dvcio.turn import acquire
from dsv.engines import registry as engines
from dsv.engines.base import Engine
from dsv.ops.derive import signatures
from dsv.ops.progress import SILENT, Progress
from dsv.project.build import pipeline
from dsv.project.layout import INGEST, MANIFEST, Layout, report, stage_out
from dsv.project.manifest import load_decided, load_ingested
from dsv.project.pipeline import INGEST_OUTS, Pipeline, params_hash
from dsv.record import yaml12
from dsv.record.lines import lines
from dsv.record.problem import ParamsError
from dsv.runner.ingest import ingest
from dsv.runner.shards.previous import Previous
from dsv.runner.stage import run_stage
from dsv.runner.stage.context import Context
from dsv.stages import python, registry
from dsv.store import files
from dsv.store.objects import Store

SHORT = {
    "data/records": "records",
    "data/annotations": "annotations",
    "data/ingest": INGEST,
    "data/origin": "origin",
    "data/quarantine": "quarantine",
}


def execute(
    layout: Layout, name: str, engine: Callable[[], Engine] | None = None, progress: Progress = SILENT
) -> run_stage.Ran:
    """Runs the stage, on an engine of its own where none is given. Its outputs are complete or the stage failed."""
    if engine is None:
        with engines.shared() as own:
            return execute(layout, name, own, progress)
    python.importable(layout.root)
    plan = pipeline(layout)
    plan.check([name])
    _check_signature(layout, plan, name)
    # What a function of the user prints is no result of a command.
    with _alone(layout, name), redirect_stdout(sys.stderr):
        try:
            if name == INGEST:
                return _ingest(layout, plan, engine(), progress)
            return _stage(layout, plan, name, engine(), progress)
        except ParamsError as error:
            raise error.located(lines(layout.params.read_text(encoding="utf-8-sig"))) from error


def _check_signature(layout: Layout, plan: Pipeline, name: str) -> None:
    known = yaml12.load(layout.signature.read_text(encoding="utf-8")) if layout.signature.exists() else {}
    if not isinstance(known, dict) or known.get(name) != signatures(plan)[name]:
        raise errors.StageFailed(
            f".dsv/sig.yaml does not fit {name}: params, plugins or dsv changed since it was written.", hint="dsv run"
        )


@contextmanager
def _alone(layout: Layout, name: str) -> Iterator[None]:
    """Holds the stage's lock: two writers on one output would mix two results."""
    layout.temporary.mkdir(parents=True, exist_ok=True)
    with (layout.temporary / f"{name}.lock").open("w") as handle:
        acquire(handle, f"Another process runs the stage {name}.")
        yield


def previous(layout: Layout, out: str, digests: Mapping[str, Mapping[str, str]] | None = None) -> Previous:
    """What the old dvc.lock pins of an output."""
    path = layout.root / "dvc.lock"
    if not path.exists():
        return Previous()
    try:
        stages = lock.parse(path.read_bytes(), (layout.root / "dvc.yaml").read_bytes())
    except errors.DsvError:
        return Previous()
    oids = {found.path: found.oid for stage in stages.values() for found in stage.outs}
    store = Store(config.cache_dir(layout.root))
    oid = oids.get(out)
    if oid is None or not _sound(store, oid):
        return Previous(store)
    return Previous(store, store.tree(oid), digests or {})


def _sound(store: Store, oid: str) -> bool:
    """Whether an object is there as it was stored. One that is damaged is taken away: as it is, what is built anew would not be stored."""
    store.discard(oid)
    return store.has(oid)


def manifest(layout: Layout) -> bytes | None:
    """The manifest of ingest that the last run pinned."""
    return _old_manifest(previous(layout, stage_out(INGEST)))


def _old_manifest(before: Previous) -> bytes | None:
    oid = before.objects.get(MANIFEST)
    return before.store.read(oid) if before.store is not None and oid is not None and _sound(before.store, oid) else None


def _ingest(layout: Layout, plan: Pipeline, engine: Engine, progress: Progress) -> run_stage.Ran:
    before = {SHORT[out]: previous(layout, out) for out in INGEST_OUTS}
    known = _old_manifest(before[INGEST])
    if known is not None:
        before[INGEST] = previous(layout, stage_out(INGEST), load_ingested(known).decisions)
    job = ingest.Job(layout, engine, plan.sources, before, progress.step)
    found = ingest.run(job, known)
    files.write(layout.root / report(INGEST), run_stage.dump(found))
    shards = sum(
        len(batch.shards)
        for source in load_ingested(layout.manifest(INGEST).read_bytes()).sources
        for batch in source.batches
    )
    old = sum(len(batch.shards) for source in load_ingested(known).sources for batch in source.batches) if known else 0
    return run_stage.Ran(found, shards, min(old, shards))


def _stage(layout: Layout, plan: Pipeline, name: str, engine: Engine, progress: Progress) -> run_stage.Ran:
    instance = next(i for i in plan.instances if i.name == name)
    code = registry.code(instance.use, instance.params)
    context = Context(
        layout, name, instance.use, instance.params, params_hash(instance), code, plan.upstream(name), plan.source_facts()
    )  # fmt: skip
    before = previous(layout, stage_out(name))
    known = _old_manifest(before)
    if known is not None:
        decided = load_decided(known, stage_out(name))
        same = decided.revision == instance.revision
        before = previous(layout, stage_out(name), decided.shards if same else {})
    try:
        return run_stage.run(context, engine, before, progress.at)
    except errors.SectionError as error:
        raise error.within(name) from error
