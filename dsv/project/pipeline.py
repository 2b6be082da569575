"""The pipeline of a project: stage instances in order, their params, and what DVC is told about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

from dsv import errors
from dsv.errors import SectionError
from dsv.lineage.facts import StageFacts
from dsv.project.layout import BASE, INGEST, ORIGIN, QUARANTINE, SIGNATURE, report, stage_out
from dsv.project.params import Params, Source, sections
from dsv.record import schema
from dsv.record.typedhash import typed_hash
from dsv.stages import registry
from dsv.stages.base import SourceFacts

AUDIT = "audit"
INGEST_OUTS = (BASE["records"], BASE["annotations"], stage_out(INGEST), ORIGIN, QUARANTINE)


@dataclass(frozen=True)
class Instance:
    """One stage of a pipeline. `raw` is its section as written, `params` the same typed."""

    name: str
    use: str
    raw: Mapping[str, Any]
    params: Any

    @property
    def section(self) -> dict[str, Any]:
        """Its section of params.yaml."""
        return ({} if self.use == self.name else {"use": self.use}) | dict(self.raw)

    @property
    def describes(self) -> bool:
        """Whether it decides nothing and describes the whole."""
        return bool(getattr(registry.stage(self.use), "DESCRIBES", False))

    @property
    def revision(self) -> int:
        return registry.stage(self.use).REVISION

    def facts(self) -> StageFacts:
        """What the lineage needs to know of it."""
        stage = registry.stage(self.use)
        values = stage.values(self.params) if hasattr(stage, "values") else {}
        return StageFacts(self.name, self.use, self.revision, "", schema.plain(self.params), stage.rules(self.params), self.section, values)


@dataclass(frozen=True)
class Pipeline:
    """Ingest, then the instances in the order of params.yaml; audit is always there, and last."""

    dataset: str
    sources: tuple[Source, ...]
    instances: tuple[Instance, ...]

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of all stages, in order."""
        return (INGEST, *(i.name for i in self.instances))

    @property
    def deciding(self) -> tuple[str, ...]:
        """The names of the stages that decide about records, in order."""
        return (INGEST, *(i.name for i in self.instances if not i.describes))

    def check(self, names: Iterable[str]) -> None:
        """Refuses (UsageError) what is no stage."""
        for name in names:
            if name not in self.stages:
                raise errors.UsageError(f"There is no stage {name!r}; there are {', '.join(self.stages)}.")

    def upstream(self, name: str) -> tuple[str, ...]:
        """The deciding stages before this one."""
        return self.deciding[: self.deciding.index(name)] if name in self.deciding else self.deciding

    def source_facts(self) -> dict[str, SourceFacts]:
        """The sources as stages see them."""
        return {s.name: _source_facts(s) for s in self.sources}


def build(params: Params) -> Pipeline:
    """The pipeline that params.yaml describes; every problem in a section is reported with its path."""
    used = {section.use for section in params.stages}
    # The packages that are installed are looked through only for what dsv does not ship.
    names = list(registry.STAGES) if used <= registry.STAGES.keys() else registry.names()
    known = {name: registry.stage(name).Params if name in used else object for name in names}
    typed = sections(params, known)
    instances = [Instance(s.name, s.use, s.raw, typed[s.name]) for s in params.stages]
    describing = [i for i in instances if i.describes]
    instances = [i for i in instances if not i.describes]
    if not describing:
        describing = [Instance(AUDIT, AUDIT, {}, registry.stage(AUDIT).Params())]
    return Pipeline(params.dataset, tuple(params.sources.values()), (*instances, *describing))


def _source_facts(source: Source) -> SourceFacts:
    kind = "annotations" if source.kind == "annotations" else "records"
    key = source.key or (("path",) if source.kind == "media" else ())
    return SourceFacts(
        source.name,
        kind,
        source.of,
        source.item,
        source.annotator,
        source.annotator_name,
        source.value,
        source.match,
        key,
    )


def params_hash(instance: Instance) -> str:
    """The typed hash of an instance's params. What is as it is by default does not count: a stage that takes another default
    for granted has another REVISION."""
    return typed_hash(schema.given(instance.params) if is_dataclass(instance.params) else dict(instance.raw))


def signatures(pipeline: Pipeline, ingest_revision: int, source_signatures: Mapping[str, str]) -> dict[str, Any]:
    """What `.dsv/sig.yaml` holds: per stage, the revision, the code of plugins and the typed hash of its params.

    And the orders that DVC does not see: that of the sources, and which stages come before (a dependency that is taken
    out of dvc.yaml makes nothing stale).
    """
    batches = {s.name: list(s.batches) for s in pipeline.sources}
    found: dict[str, Any] = {
        INGEST: {
            "revision": ingest_revision,
            "code": "",
            "params": typed_hash([dict(source_signatures), batches]),
            "sources": [s.name for s in pipeline.sources],
        }
    }
    for instance in pipeline.instances:
        found[instance.name] = {
            "revision": instance.revision,
            "code": registry.code(instance.use, instance.params),
            "params": params_hash(instance),
            "after": list(pipeline.upstream(instance.name)),
        }
    return found


def dvc_stages(pipeline: Pipeline) -> dict[str, Any]:
    """The stages as dvc.yaml has them."""
    raw = [f"data/raw/{s.name}/{batch}" for s in pipeline.sources for batch in s.batches]
    stages: dict[str, Any] = {
        INGEST: _dvc_stage(INGEST, raw, ["sources"] if pipeline.sources else [], list(INGEST_OUTS))
    }
    for instance in pipeline.instances:
        upstream = pipeline.upstream(instance.name)
        deps = [
            BASE["records"],
            *([BASE["annotations"]] if _annotated(pipeline, instance) else []),
            *map(stage_out, upstream),
        ]
        listed = [instance.name] if instance.raw else []
        stages[instance.name] = _dvc_stage(
            instance.name, deps, listed, [] if instance.describes else [stage_out(instance.name)]
        )
    return stages


def _annotated(pipeline: Pipeline, instance: Instance) -> bool:
    try:
        return registry.stage(instance.use).needs(instance.params, pipeline.source_facts()).annotations != ()
    except SectionError as error:
        raise error.within(instance.name) from error


def _dvc_stage(name: str, deps: list[str], params: list[str], outs: list[str]) -> dict[str, Any]:
    stage: dict[str, Any] = {"cmd": f"dsv x {name}", "deps": deps, "params": [*params, {SIGNATURE: [name]}]}
    if not deps:
        del stage["deps"]
    if outs:
        stage["outs"] = outs
    stage["metrics"] = [{report(name): {"cache": False}}]
    return stage
