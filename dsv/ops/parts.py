"""What lies between two versions, in parts that can be applied one by one: params, batches, changed deliveries, code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from dsv.delta.model import Cause
from dsv.lineage.causes import BATCH, CODE, CONTENT, PARAM
from dsv.ops import sides
from dsv.ops.build import Wanted
from dsv.ops.checkout import RAW, deliveries
from dsv.ops.tracked import modules_of
from dsv.project.layout import INGEST
from dsv.project.version import Version
from dsv.record import mixed, yaml12
from dsv.record.mixed import BATCHES, SOURCES, Mixed, Unit
from dsv.record.problem import path_text
from dsv.vcs import blob

PIPELINE = "pipeline"


class Part(NamedTuple):
    """One part, as a cause; `kind` and `key` say what applies it."""

    cause: Cause
    kind: str
    key: Any


@dataclass(frozen=True)
class Between:
    """The step from one version to another. `foreign` names stages whose code this dsv does not have as it was."""

    parts: tuple[Part, ...]
    foreign: tuple[str, ...]
    _mixed: Mixed
    _deliveries: tuple[Mapping[str, str], Mapping[str, str]]
    _code: tuple[Mapping[str, bytes], Mapping[str, bytes]]

    def wanted(self, applied: Callable[[int], bool]) -> Wanted:
        """The first version with the parts for whose places `applied` holds."""
        taken = {part.key for i, part in enumerate(self.parts) if part.kind == PARAM and applied(i)}
        params = self._mixed.value(lambda unit: unit in taken)
        swapped = {part.key for i, part in enumerate(self.parts) if part.kind == CONTENT and applied(i)}
        before, after = self._deliveries
        found = {
            name: (after if name in swapped or name not in before else before)[name] for name in {**before, **after}
        }
        return Wanted(yaml12.dump(params).encode(), found, self._files(applied))

    def _files(self, applied: Callable[[int], bool]) -> dict[str, bytes]:
        own = {part.key: applied(i) for i, part in enumerate(self.parts) if part.kind == CODE and part.key}
        # What a module imports goes with the modules.
        rest = any(own.values())
        names = {**self._code[0], **self._code[1]}
        found = {name: self._code[own.get(name, rest)].get(name) for name in names}
        return {name: data for name, data in found.items() if data is not None}


def between(old: Version, new: Version) -> Between:
    """The parts of the step, in the order of the pipeline."""
    mix = mixed.mix(dict(old.params), dict(new.params))
    had, has = deliveries(old), deliveries(new)
    code = tuple(_code(version) for version in (old, new))
    own = modules_of(old.params) | modules_of(new.params)
    parts = [Part(_cause(unit), PARAM, number) for number, unit in enumerate(mix.units)]
    parts += [
        Part(Cause(CONTENT, INGEST, name.removeprefix(RAW)), CONTENT, name)
        for name in sorted(had)
        if has.get(name, had[name]) != had[name]
    ]
    parts += [
        Part(Cause(CODE, stage, name), CODE, name)
        for name, stage in sorted(own.items())
        if name in code[0] and name in code[1] and code[0][name] != code[1][name]
    ]
    return Between((*_own(old, new), *parts), _foreign(new), mix, (had, has), (code[0], code[1]))


def _own(old: Version, new: Version) -> list[Part]:
    """That dsv or a package decides otherwise: it is so in whatever is built now."""
    found = []
    for name, signed in new.signature.items():
        before = old.signature.get(name, {})
        if before and signed.get("revision") != before.get("revision"):
            told = before.get("revision"), signed.get("revision")
            found.append(Part(Cause(CODE, name, f"{name} revision", *told), CODE, None))
    return found


def _foreign(new: Version) -> tuple[str, ...]:
    revisions = {instance.name: instance.revision for instance in sides.pipeline(new).instances}
    return tuple(
        name
        for name, revision in revisions.items()
        if new.signature.get(name, {}).get("revision", revision) != revision
    )


def _code(version: Version) -> dict[str, bytes]:
    """The Python files of a version that has stages of the user's own."""
    if not modules_of(version.params):
        return {}
    assert version.sha is not None
    root = version.layout.root
    names = [entry.path for entry in blob.list_tree(root, version.sha) if entry.path.endswith(".py")]
    found = blob.read_files(root, [(version.sha, name) for name in names])
    return {name: data for name, data in zip(names, found, strict=True) if data is not None}


def _cause(unit: Unit) -> Cause:
    """The difference as the cause that a diff would name, as far as params tell."""
    path = unit.path
    stage = INGEST if path[:1] == (SOURCES,) else str(path[0]) if path else PIPELINE
    if unit.order:
        return Cause(PARAM, stage, f"order of {path_text(path) or 'stages'}")
    if stage != INGEST:
        rule = _rule(unit)
        return Cause(PARAM, stage, path_text(rule.path), rule.was, rule.now)
    if len(path) == 2:
        return Cause(BATCH, INGEST, _first(unit), *(("added", "removed") if unit.was else (None, "added")))
    if len(path) == 4 and path[2] == BATCHES and (unit.was is None or unit.now is None):
        item = unit.was if unit.now is None else unit.now
        name = item["name"] if isinstance(item, Mapping) else item
        told = ("added", "removed") if unit.now is None else (None, "added")
        return Cause(BATCH, INGEST, f"{path[1]}/{name}", *told)
    return Cause(PARAM, INGEST, path_text(path), unit.was, unit.now)


def _first(unit: Unit) -> str:
    """A source that came or went, by its first batch."""
    source = unit.was or unit.now or {}
    batches = source.get(BATCHES) if isinstance(source, Mapping) else None
    first = batches[0] if isinstance(batches, list) and batches else ""
    name = first.get("name") if isinstance(first, Mapping) else first
    return f"{unit.path[1]}/{name}".rstrip("/")


def _rule(unit: Unit) -> Unit:
    """A rule that came or went, by its name and with its params, as `changes` tells it."""
    item = unit.was if unit.now is None else unit.now if unit.was is None else None
    if not isinstance(item, Mapping) or len(item) != 1 or not isinstance(unit.path[-1], int):
        return unit
    ((name, body),) = item.items()
    was, now = (None if side is None else body or {} for side in (unit.was, unit.now))
    return Unit((*unit.path, str(name)), was, now)
