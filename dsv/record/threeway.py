"""Three plain values become one: what one side changed is taken, what both sides changed differently is a conflict.

Mappings are merged by key, lists by item: a single value is itself, a mapping with a `name` is that name, and other
mappings (such as `clean.rules`) are the item of the base that they were. What both sides added stands in the order of
the first side, then of the second.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

from dsv.record.changes import paired
from dsv.record.problem import Path, path_text
from dsv.record.typedhash import encode, same


class Absent(Enum):
    """Stands where a side has nothing."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
# Lists that are one value: their order and their length mean something.
WHOLE: Final = ("key", "names")
# Params that say which rule a rule is, among new ones of its kind.
SAME_RULE: Final = ("id", "column", "columns", "sources")


class Conflict(NamedTuple):
    """What both sides changed, to different values."""

    path: Path
    base: Any
    ours: Any
    theirs: Any

    @property
    def name(self) -> str:
        """The path as people write it."""
        return path_text(self.path)


Choose = Callable[[Conflict], Any]


class Merged(NamedTuple):
    """The merged value, with what was chosen where both sides differ, and these places."""

    value: Any
    conflicts: tuple[Conflict, ...]


def ours(conflict: Conflict) -> Any:
    """The first side's value."""
    return conflict.ours


def theirs(conflict: Conflict) -> Any:
    """The second side's value."""
    return conflict.theirs


def merge(base: Any, one: Any, other: Any, choose: Choose = ours) -> Merged:
    """Merges two values that were made of `base`."""
    found: list[Conflict] = []
    value = _merge(base, one, other, _Place((), choose, found))
    return Merged(value, tuple(found))


class _Place(NamedTuple):
    path: Path
    choose: Choose
    found: list[Conflict]

    def at(self, step: str | int) -> _Place:
        return self._replace(path=(*self.path, step))


def _merge(base: Any, one: Any, other: Any, place: _Place) -> Any:
    if _same(one, other) or _same(other, base):
        return one
    if _same(one, base):
        return other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        before = base if isinstance(base, Mapping) else {}
        names = {key: str(key) for side in (before, one, other) for key in side}
        return _entries((before, one, other), names, place)
    if _lists(one, other) and (not place.path or place.path[-1] not in WHOLE):
        sides = (base if isinstance(base, (list, tuple)) else (), one, other)
        named = _named(sides)
        if named is not None:
            steps = {key: i for side in reversed(named) for i, key in enumerate(side)}
            return list(_entries(named, steps, place).values())
    conflict = Conflict(place.path, base, one, other)
    place.found.append(conflict)
    return place.choose(conflict)


def _same(one: Any, other: Any) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return same(one, other) and _order(one) == _order(other)


def _order(value: Any) -> Any:
    """What the typed hash leaves out: the order of keys, which is that of sources and stages."""
    if isinstance(value, Mapping):
        return [(key, _order(item)) for key, item in value.items()]
    return [_order(item) for item in value] if isinstance(value, (list, tuple)) else None


def _lists(one: Any, other: Any) -> bool:
    return isinstance(one, (list, tuple)) and isinstance(other, (list, tuple))


Named = Mapping[Any, Any]


def _entries(sides: tuple[Named, Named, Named], steps: Mapping[Any, str | int], place: _Place) -> dict[Any, Any]:
    base, one, other = sides
    values = {
        key: _merge(base.get(key, ABSENT), one.get(key, ABSENT), other.get(key, ABSENT), place.at(step))
        for key, step in steps.items()
    }
    return {key: values[key] for key in _arranged(list(base), list(one), list(other)) if values[key] is not ABSENT}


def _arranged(base: list[Any], one: list[Any], other: list[Any]) -> list[Any]:
    """All keys in the order of the side that moved some (the first one, if both did), new ones after what they followed."""
    if not _moved(base, one) and _moved(base, other):
        one, other = other, one
    placed = [*one, *(key for key in base if key not in one and key not in other)]
    for i, key in enumerate(other):
        if key in placed:
            continue
        before = next((k for k in reversed(other[:i]) if k in placed), None)
        at = 0 if before is None else placed.index(before) + 1
        while at < len(placed) and placed[at] not in other and placed[at] not in base:
            at += 1
        placed.insert(at, key)
    return placed


def _moved(base: list[Any], side: list[Any]) -> bool:
    return [key for key in side if key in base] != [key for key in base if key in side]


def _named(sides: Sequence[Sequence[Any]]) -> tuple[Named, Named, Named] | None:
    """The items of three lists by what they are; None where a list has an item twice."""
    base = [_own(item) or ("base", i) for i, item in enumerate(sides[0])]
    found = [base]
    for side in sides[1:]:
        before = {after: base[i] for i, after in paired(sides[0], side) if _own(sides[0][i]) is None}
        found.append([_own(item) or before.get(i) or _new(item) for i, item in enumerate(side)])
    named = [dict(zip(keys, side, strict=True)) for keys, side in zip(found, sides, strict=True)]
    if any(len(entries) < len(side) for entries, side in zip(named, sides, strict=True)):
        return None
    return named[0], named[1], named[2]


def _own(item: Any) -> Hashable:
    """What names an item whatever the others are: a value is its own name."""
    if isinstance(item, Mapping):
        return encode(item["name"]) if isinstance(item.get("name"), str) else None
    return encode(item)


def _new(item: Any) -> Hashable:
    """What a new rule is known by: its kind and what it looks at; the whole of it, where it is no rule."""
    body = next(iter(item.values())) if len(item) == 1 else None
    if not isinstance(body, Mapping):
        return encode(item)
    return encode([next(iter(item)), {key: body[key] for key in SAME_RULE if key in body}])
