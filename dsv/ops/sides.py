"""Opens versions for reading records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from dsv import errors
from dsv.lineage.facts import BatchFacts, Facts, StageFacts
from dsv.project.layout import INGEST, stage_out
from dsv.project.manifest import Decided, load_decided, load_ingested
from dsv.project.params import Params, parse
from dsv.project.pipeline import Pipeline, build
from dsv.project.version import Version
from dsv.record import schema
from dsv.runner import columns
from dsv.runner.narrow import Cache
from dsv.runner.side import Side
from dsv.runner.votes import Merging


def pipeline(version: Version) -> Pipeline:
    """The pipeline that the version's params.yaml describes."""
    return build(params(version))


def params(version: Version) -> Params:
    """The version's params.yaml."""
    text = version.text("params.yaml")
    if text is None:
        raise errors.UnknownVersion(f"{version.rev} has no params.yaml: it is no version of a dsv project.")
    return parse(text, f"params.yaml of {version.rev}")


def side(version: Version) -> Side:
    """The version's records, read from the cache as they are asked for."""
    data = version.manifest(INGEST)
    if data is None:
        raise errors.UnknownVersion(f"{version.rev} pins no data: nothing was run there.", hint="dsv run")
    ingested = load_ingested(data)
    manifests = {INGEST: Decided(INGEST, 0, ingested.decisions)}
    # Signatures stand in the order of the stages; what has no manifest decides nothing.
    for name in version.signature or pipeline(version).deciding:
        decided = None if name == INGEST else version.manifest(name)
        if decided is not None:
            manifests[name] = load_decided(decided, stage_out(name))
    deciding = tuple(manifests)
    told = (version.report("audit") or {}).get("dataset", {}).get("columns")
    shards = [shard for shard in ingested.shards() if shard.kind == "records"]
    names = columns.live(version, shards, deciding, manifests) if told is None else told
    return Side(version, ingested, deciding, manifests, frozenset(names), Cache(version.layout.cache))


def facts(version: Version, side: Side) -> Facts:
    """What the lineage needs to know of a version."""
    signed = version.signature.get(INGEST, {})
    return Facts(Stages(version), Sources(version, side), signed.get("revision", 0))


def merging(version: Version) -> dict[str, Merging]:
    """The stages of a version that merge annotations."""
    plan = pipeline(version)
    sources = {name: facts for name, facts in plan.source_facts().items() if facts.kind == "annotations"}
    found = {}
    for instance in plan.instances:
        if instance.use == "merge":
            used = {name: facts for name, facts in sources.items() if name in (instance.params.from_ or sources)}
            found[instance.name] = Merging(instance.name, used, frozenset(instance.params.annotators.reviewers))
    return found


class Sources(Mapping[str, Mapping[str, BatchFacts]]):
    """The deliveries of each source of a version. Params are read when the first source is asked for."""

    def __init__(self, version: Version, side: Side) -> None:
        self._version, self._side = version, side

    @cached_property
    def _found(self) -> dict[str, dict[str, BatchFacts]]:
        declared = params(self._version).sources
        found = {}
        for source in self._side.ingested.sources:
            read: dict[str, Any] = {}
            if source.name in declared:
                of = declared[source.name]
                read = dict(zip(of.batches, (schema.plain(one.counts()) for one in of.delivered()), strict=True))
            found[source.name] = {b.name: BatchFacts(b.raw, read.get(b.name, {})) for b in source.batches}
        return found

    def __getitem__(self, name: str) -> Mapping[str, BatchFacts]:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class Stages(Mapping[str, StageFacts]):
    """The stages of a version by name. Most causes need none: params are read when the first stage is asked for."""

    def __init__(self, version: Version) -> None:
        self._version = version

    @cached_property
    def _found(self) -> dict[str, StageFacts]:
        return _stages(self._version)

    def __getitem__(self, name: str) -> StageFacts:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _stages(version: Version) -> dict[str, StageFacts]:
    found = {}
    for instance in pipeline(version).instances:
        signed = version.signature.get(instance.name, {})
        facts = instance.facts()
        # The revision that made the data is the signed one, not the one of the dsv that reads it.
        found[instance.name] = StageFacts(
            facts.name,
            facts.use,
            signed.get("revision", facts.revision),
            signed.get("code", ""),
            facts.params,
            facts.rules,
            facts.written,
        )
    return found
