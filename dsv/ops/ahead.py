"""Names of columns that there are not are told before a run builds anything, where that is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from dsv.errors import DsvError
from dsv.formats.base import Header
from dsv.ops.checkout import RAW
from dsv.ops.execute import manifest
from dsv.project import naming
from dsv.project.layout import Layout
from dsv.project.manifest import Source as Folded
from dsv.project.manifest import load_ingested
from dsv.project.params import Params, Source
from dsv.project.pipeline import Instance, Pipeline
from dsv.record import yaml12
from dsv.record.lines import lines
from dsv.record.problem import ParamsError, Problem
from dsv.runner.ingest import ahead
from dsv.stages import registry
from dsv.stages.base import ID, Named

Headers = Mapping[str, list[Header] | None]


def check(layout: Layout, params: Params, plan: Pipeline, stages: Sequence[str] = (), fixed: Collection[str] | None = None) -> None:
    """Refuses names of columns that no delivery has and no stage brings; of the stages that are named, all without one.

    A delivery that must be read to know its columns, and a stage that may bring any, leave names to the run. `fixed`: the
    folders of the deliveries that stay as they are; those that DVC tracks, when left out.
    """
    known = _known(layout)
    pinned = _tracked(layout, plan.sources) if fixed is None else fixed
    headers = {s.name: ahead.headers(layout, s, known.get(s.name), pinned) for s in plan.sources}
    wanted = set(plan.stages) if not stages else {name for one in stages for name in (one, *plan.upstream(one))}
    instances = [instance for instance in plan.instances if instance.name in wanted]
    found = [*_of_keys(plan.sources, headers), *_of_annotations(plan, instances, headers), *_of_records(plan, instances, headers)]
    if found:
        raise ParamsError(dict.fromkeys(found), params.file).located(lines(params.text))


def _known(layout: Layout) -> dict[str, Folded]:
    """What the last run read of each source; of a manifest that is damaged nothing, which is the run's to tell if it needs it."""
    try:
        data = manifest(layout)
        return {source.name: source for source in load_ingested(data).sources} if data else {}
    except DsvError:
        return {}


def _tracked(layout: Layout, sources: Sequence[Source]) -> set[str]:
    """The deliveries that a .dvc file pins; what a stage of the user's own makes may be another one when it is its turn."""
    folders = [f"{RAW}{source.name}/{batch}" for source in sources for batch in source.batches]
    return {folder for folder in folders if _is_pinned(layout.root / f"{folder}.dvc")}


def _is_pinned(path: Path) -> bool:
    # What is imported from elsewhere has dependencies.
    return path.is_file() and not yaml12.mapping(path.read_bytes(), path.name).get("deps")


def _of_keys(sources: Sequence[Source], headers: Headers) -> Iterator[Problem]:
    """Key columns that no delivery with a row has, of those that are read with this key."""
    for source in sources:
        read: dict[tuple[Named, ...], list[Header]] = {}
        for place, header in enumerate(headers[source.name] or ()):
            read.setdefault(naming.keys(source, place), []).append(header)
        for key, found in read.items():
            yield from _lacking(key, found, f"no delivery of {source.name} has")


def _of_annotations(plan: Pipeline, instances: Sequence[Instance], headers: Headers) -> Iterator[Problem]:
    """Columns of annotations that are merged."""
    for instance in instances:
        read = naming.annotated(registry.stage(instance.use), instance.params, plan.source_facts())
        for source, wanted in read.items():
            yield from _lacking(wanted, headers[source] or (), f"no delivery of {source} has")


def _lacking(wanted: Iterable[Named], headers: Sequence[Header], whose: str) -> Iterator[Problem]:
    if any(header.rows for header in headers):
        yield from naming.problems(wanted, frozenset[str]().union(*(header.columns for header in headers)), whose)


def _of_records(plan: Pipeline, instances: Sequence[Instance], headers: Headers) -> Iterator[Problem]:
    """Columns of records that no delivery has and no stage before brings."""
    known = {ID}
    for source in plan.source_facts().values():
        found = headers[source.name]
        if source.kind == "records":
            if found is None:
                return
            known |= {column for header in found for column in header.columns}
    for instance in instances:
        stage = registry.stage(instance.use)
        yield from naming.problems(naming.named(instance.name, stage, instance.params, plan.source_facts()), known, "no record has")
        brought = naming.assigned(stage, instance.params)
        if brought is None:
            return
        known |= brought
