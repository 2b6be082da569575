"""Merges the files that make a version, each by what it says: params by key, the lock by stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dsv.errors import DsvError
from dsv.project import build, inline
from dsv.project.layout import LOCK, PARAMS, PIPELINE, SIGNATURE
from dsv.project.rewrite import rewrite, says
from dsv.record import threeway, yaml12
from dsv.record.threeway import ABSENT, Choose, Conflict, Merged
from dsv.vcs.merging import MARKER, merge_texts

SIGNED = "# Written by `dsv run`: what beside params.yaml and data can change a record. Committed; never edited.\n"


class Texts(NamedTuple):
    """A file as it was, as we changed it, and as they did."""

    base: bytes
    ours: bytes
    theirs: bytes


class Combined(NamedTuple):
    """The merged text; what both sides changed to different values stands in it between markers."""

    text: bytes
    conflicts: tuple[Conflict, ...]


def known(name: str) -> bool:
    """Whether a file of this name (relative to the project) is merged by what it says."""
    return name in MERGED


def combine(name: str, texts: Texts, marker: int = MARKER) -> Combined:
    """The merge of a file of the project; DsvError where a side cannot be read."""
    merged = MERGED[name](texts, threeway.ours)
    if not merged.conflicts:
        return Combined(_written(name, texts, merged.value), ())
    # Three texts that differ in the conflicts only: git puts its markers around these and nothing else.
    base, own, other = (chosen(name, texts, choose) for choose in (_base, threeway.ours, threeway.theirs))
    return Combined(merge_texts(base, own, other, marker)[0], merged.conflicts)


def _base(conflict: Conflict) -> Any:
    return conflict.base


def chosen(name: str, texts: Texts, choose: Choose) -> bytes:
    """The merged text with a value chosen for each conflict."""
    return _written(name, texts, MERGED[name](texts, choose).value)


def _written(name: str, texts: Texts, value: Mapping[str, Any]) -> bytes:
    if name != PARAMS:
        for text in (texts.ours, texts.theirs):
            if says(yaml12.load(text), value):
                return text
        head = {PIPELINE: build.HEAD, SIGNATURE: SIGNED}.get(name, "")
        return (head + yaml12.dump(dict(value))).encode()
    plain, clean = merge_texts(*texts)
    if clean and says(_read(plain), value):
        return plain
    return rewrite(texts.ours.decode("utf-8-sig"), value).encode()


def _mappings(texts: Texts, name: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    hint = "edit params.yaml" if name == PARAMS else None
    base, ours, theirs = (yaml12.mapping(text, name, hint) for text in texts)
    return base, ours, theirs


def _read(text: bytes) -> Any:
    try:
        return yaml12.load(text)
    except DsvError:
        return None


def params(texts: Texts, choose: Choose) -> Merged:
    """params.yaml: by key; of lists both sides' items, ours first; rules by id, or by kind and what they look at."""
    base, ours, theirs = _mappings(texts, PARAMS)
    merged = threeway.merge(base, ours, theirs, choose)
    found = list(merged.conflicts)
    sources = merged.value.get("sources")
    for name, source in sources.items() if isinstance(sources, dict) else ():
        old, own, other = (_batches(side, name) for side in (base, ours, theirs))
        if isinstance(source, dict) and own is not None and other is not None:
            arranged = _readable(source.get("batches"), old, own, other)
            if arranged is None:
                conflict = Conflict(("sources", name, "batches"), old, own, other)
                found.append(conflict)
                arranged = choose(conflict)
            source["batches"] = arranged
    return Merged(merged.value, tuple(found))


def _batches(params: Mapping[str, Any], name: str) -> list[Any] | None:
    sources = params.get("sources")
    source = sources.get(name) if isinstance(sources, dict) else None
    found = source.get("batches") if isinstance(source, dict) else None
    return found if isinstance(found, list) else None


def _readable(merged: Any, base: list[Any] | None, ours: list[Any], theirs: list[Any]) -> Any:
    """The merged batches in an order in which each is read as on its own side; None where there is none.

    What a batch says of reading holds for those after it too.
    """
    if not isinstance(merged, list):
        return merged
    before = {_name(batch) for batch in base or ()}
    new = [[b for b in side if _name(b) not in before and b in merged] for side in (ours, theirs)]
    change = [any(isinstance(b, dict) and set(b) - {"name", "resolved"} for b in side) for side in new]
    if not all(new) or not any(change) or new[0] == new[1]:
        return merged
    if all(change):
        return None
    last = new[0] if change[0] else new[1]
    return [b for b in merged if b not in last] + [b for b in merged if b in last]


def _name(batch: Any) -> str:
    return str(batch.get("name") if isinstance(batch, dict) else batch)


def lock(texts: Texts, choose: Choose) -> Merged:
    """dvc.lock: each stage as the side has it that changed it. Where both did, as ours: with inputs of both it is out of date.

    So the lock pins what really was built, `dsv status` tells the stage as stale, and `dsv run` builds on ours.
    """
    base, ours, theirs = _mappings(texts, LOCK)
    stages = [side.get("stages") or {} for side in (base, ours, theirs)]
    found = {
        name: entry
        for name in dict.fromkeys([*stages[1], *stages[2]])
        if (entry := _entry(*(side.get(name, ABSENT) for side in stages))) is not ABSENT
    }
    return Merged({**theirs, **ours, "stages": found}, ())


def _entry(base: Any, ours: Any, theirs: Any) -> Any:
    if theirs is ABSENT and ours is not ABSENT and base is not ABSENT:
        return ABSENT if says(ours, base) else ours
    if theirs is ABSENT or (ours is not ABSENT and (base is ABSENT or not says(ours, base))):
        return ours
    if ours is ABSENT:
        return ABSENT if base is not ABSENT and says(theirs, base) else theirs
    return theirs


def pipeline(texts: Texts, choose: Choose) -> Merged:
    """dvc.yaml: by stage and key; the stages that `dsv run` writes are never in conflict: it writes them again."""
    sides = _mappings(texts, PIPELINE)
    stages = [side["stages"] for side in sides if isinstance(side.get("stages"), dict)]
    own = {name for side in stages for name, stage in side.items() if build.ours(stage)}

    def generated(conflict: Conflict) -> bool:
        return conflict.path[:1] == ("artifacts",) or (
            conflict.path[:1] == ("stages",) and own.issuperset(conflict.path[1:2])
        )

    merged = threeway.merge(*sides, lambda conflict: conflict.ours if generated(conflict) else choose(conflict))
    return Merged(merged.value, tuple(c for c in merged.conflicts if not generated(c)))


def signature(texts: Texts, choose: Choose) -> Merged:
    """.dsv/sig.yaml: by stage; what both changed is ours until `dsv run` signs the merged params."""
    merged = threeway.merge(*_mappings(texts, SIGNATURE))
    return Merged(merged.value, ())


MERGED: dict[str, Callable[[Texts, Choose], Merged]] = {
    PARAMS: params,
    LOCK: lock,
    PIPELINE: pipeline,
    SIGNATURE: signature,
}


def shown(value: Any) -> str:
    """A value of a file as people read it, on one line."""
    return "nothing" if value is ABSENT else inline.flow(value)
