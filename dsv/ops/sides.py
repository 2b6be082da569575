"""Opens versions for reading records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from dsv import errors
from dsv.ledger.file import sets_name
from dsv.lineage.facts import BatchFacts, Facts, StageFacts
from dsv.project.layout import BASE, INGEST, PARAMS, stage_out
from dsv.project.manifest import Decided, load_decided, load_ingested
from dsv.project.params import Params, parse
from dsv.project.pipeline import Pipeline, build
from dsv.project.version import WORKSPACE, Version
from dsv.record import schema, yaml12
from dsv.runner.compare.side import Side
from dsv.runner.compare.votes import Merging
from dsv.runner.shards import columns
from dsv.runner.shards.narrow import Cache


class Opened:
    """A version with its records and how it was made, each read when it is first asked for."""

    def __init__(self, version: Version) -> None:
        version.ahead()
        self.version = version

    @cached_property
    def side(self) -> Side:
        """The version's records."""
        return side(self.version)

    @cached_property
    def params(self) -> Params:
        """The params that made the version."""
        return params(self.version)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline that the params describe."""
        return build(self.params)

    @property
    def facts(self) -> Facts:
        """What the lineage needs to know of the version."""
        signed = dict(self.version.signature)
        ingest = signed.pop(INGEST, {})
        return Facts(Stages(self), Sources(self), ingest.get("revision", 0), signed)

    @cached_property
    def merging(self) -> dict[str, Merging]:
        """The stages that merge annotations."""
        facts = {name: of for name, of in self.pipeline.source_facts().items() if of.kind == "annotations"}
        found = {}
        for instance in self.pipeline.instances:
            if instance.use == "merge":
                used = {name: of for name, of in facts.items() if name in (instance.params.from_ or facts)}
                who = instance.params.annotators
                found[instance.name] = Merging(instance.name, used, frozenset(who.reviewers), frozenset(who.exclude))
        return found


def pipeline(version: Version) -> Pipeline:
    """The pipeline that the version's params.yaml describes."""
    return build(params(version))


def params(version: Version) -> Params:
    """The params that made the version: its params.yaml; of the workspace what the last run read of it."""
    text = version.text(PARAMS)
    if text is None:
        raise errors.UnknownVersion(f"{version.rev} has no params.yaml: it is no version of a dsv project.")
    if version.rev == WORKSPACE:
        text = _as_run(version, text)
    return parse(text, f"{PARAMS} of {version.rev}")


def _as_run(version: Version, text: bytes) -> bytes:
    """params.yaml as DVC recorded it: what was edited since has made nothing yet."""
    written = yaml12.mapping(text, PARAMS)
    ran: dict[str, Any] = {}
    for stage in version.locked.values():
        ran |= stage.params.get(PARAMS, {})
    if all(written.get(name) == value for name, value in ran.items()) and written.keys() <= {"dataset", *ran}:
        return text
    order = [name for name in ("sources", *version.signature) if name in ran]
    return yaml12.dump({"dataset": written.get("dataset"), **{name: ran[name] for name in order}}).encode()


def whole(version: Version) -> Side:
    """As `side`, where all records will be read: what the cache lacks of them is fetched at once."""
    found = side(version)
    version.need(dict.fromkeys((BASE["records"], *map(stage_out, found.stages))))
    return found


def ahead(version: Version, side: Side, names: Sequence[str]) -> None:
    """Fetches at once what the cache lacks of some shards of a version, and of what was decided about them."""
    if names:
        decided = [*names, *map(sets_name, names)]
        version.need({BASE["records"]: names} | dict.fromkeys(map(stage_out, side.stages), decided))


def side(version: Version) -> Side:
    """The version's records, read from the cache as they are asked for, or from the remote where it lacks them."""
    version.listed(version.signature)
    version.check()
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


class Sources(Mapping[str, Mapping[str, BatchFacts]]):
    """The deliveries of each source of a version. Params are read when the first source is asked for."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    @cached_property
    def _found(self) -> dict[str, dict[str, BatchFacts]]:
        declared = self._opened.params.sources
        found = {}
        for source in self._opened.side.ingested.sources:
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

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    @cached_property
    def _found(self) -> dict[str, StageFacts]:
        found = {}
        for instance in self._opened.pipeline.instances:
            signed = self._opened.version.signature.get(instance.name, {})
            facts = instance.facts()
            # The revision that made the data is the signed one, not the one of the dsv that reads it.
            revision, code = signed.get("revision", facts.revision), signed.get("code", "")
            found[instance.name] = replace(facts, revision=revision, code=code)
        return found

    def __getitem__(self, name: str) -> StageFacts:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def label_column(version: Version) -> str:
    """The column of the class, as the audit of the version has it."""
    raw = version.params.get("audit")
    named = raw.get("label") if isinstance(raw, dict) else None
    return str(named) if named else "label"
