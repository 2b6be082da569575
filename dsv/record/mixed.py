"""Two trees of params as one, in which each difference can be taken from either: what lies between two versions, step by step.

Lists of mappings are aligned as `changes` does it, batches by their names; any other list is one difference.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dsv.record.changes import paired
from dsv.record.problem import Path
from dsv.record.typedhash import same

Taken = Callable[[int], bool]
ABSENT: Any = object()
SOURCES, BATCHES = "sources", "batches"
ORDERED = ((), (SOURCES,))


class Unit(NamedTuple):
    """One difference; None stands where a side has nothing. Of an order: the names in it."""

    path: Path
    was: Any
    now: Any
    order: bool = False


@dataclass
class Mixed:
    """The differences, in the order in which they are to be taken, and what the tree is with some of them."""

    units: list[Unit] = field(default_factory=list)
    _make: Callable[[Taken], Any] = lambda taken: None

    def value(self, taken: Taken) -> Any:
        """The new tree where `taken` says so of a difference (by its place in `units`), the old one elsewhere."""
        return self._make(taken)


def mix(old: Any, new: Any) -> Mixed:
    """Both trees as one."""
    found = Mixed()
    found._make = _node(old, new, (), found.units)
    return found


def _node(old: Any, new: Any, path: Path, units: list[Unit]) -> Callable[[Taken], Any]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _table(old, new, path, units)
    if same(old, new):
        return lambda taken: old
    if isinstance(old, list) and isinstance(new, list):
        if path[:1] == (SOURCES,) and path[2:] == (BATCHES,):
            return _rows(old, new, [_batch(item) for item in old], [_batch(item) for item in new], path, units)
        if any(isinstance(item, Mapping) for item in (*old, *new)):
            partner = {j: i for i, j in paired(old, new)}
            # An item is known by its place in the old list, or by that in the new one where it had none.
            names = [partner.get(j, f"new {j}") for j in range(len(new))]
            return _rows(old, new, list(range(len(old))), names, path, units)
    return _choice(Unit(path, old, new), lambda taken: old, lambda taken: new, units)


def _batch(item: Any) -> Hashable:
    return item.get("name") if isinstance(item, Mapping) else item


def _choice(
    unit: Unit, old: Callable[[Taken], Any], new: Callable[[Taken], Any] | None, units: list[Unit]
) -> Callable[[Taken], Any]:
    number = len(units)
    units.append(unit)
    if new is None:
        # A source that came is one difference, and each of its later batches another.
        new = _node(_begun(unit.now), unit.now, unit.path, units)
    made = new
    return lambda taken: made(taken) if taken(number) else old(taken)


def _begun(source: Any) -> Any:
    batches = source.get(BATCHES) if isinstance(source, Mapping) else None
    return {**source, BATCHES: batches[:1]} if isinstance(batches, list) else source


def _entry(old: Any, new: Any, path: Path, units: list[Unit]) -> Callable[[Taken], Any]:
    """What stands under a name that one side may not have."""
    if old is ABSENT:
        source = len(path) == 2 and path[0] == SOURCES
        return _choice(Unit(path, None, new), lambda taken: ABSENT, None if source else lambda taken: new, units)
    if new is ABSENT:
        return _choice(Unit(path, old, None), lambda taken: old, lambda taken: ABSENT, units)
    return _node(old, new, path, units)


def _table(old: Mapping[Any, Any], new: Mapping[Any, Any], path: Path, units: list[Unit]) -> Callable[[Taken], Any]:
    names = [*new, *(name for name in old if name not in new)]
    made = {name: _entry(old.get(name, ABSENT), new.get(name, ABSENT), (*path, str(name)), units) for name in names}
    order = _order(list(old), list(new), path, units) if path in ORDERED else lambda taken: names

    def value(taken: Taken) -> dict[Any, Any]:
        found = {name: made[name](taken) for name in order(taken)}
        return {name: item for name, item in found.items() if item is not ABSENT}

    return value


def _rows(
    old: Sequence[Any], new: Sequence[Any], was: Sequence[Hashable], now: Sequence[Hashable], path: Path, units: list[Unit]
) -> Callable[[Taken], Any]:  # fmt: skip
    before, after = dict(zip(was, old, strict=True)), dict(zip(now, new, strict=True))
    made = {
        name: _entry(before.get(name, ABSENT), after.get(name, ABSENT), (*path, at), units)
        for at, name in [*enumerate(now), *((at, name) for at, name in enumerate(was) if name not in after)]
    }
    order = _order(list(was), list(now), path, units)

    def value(taken: Taken) -> list[Any]:
        found = [made[name](taken) for name in order(taken)]
        return [item for item in found if item is not ABSENT]

    return value


def _order(was: list[Any], now: list[Any], path: Path, units: list[Unit]) -> Callable[[Taken], list[Any]]:
    """The names in the old or in the new order, which is a difference of its own where what both have is ordered otherwise."""
    old, new = _woven(was, now), _woven(now, was)
    if [name for name in was if name in now] == [name for name in now if name in was]:
        return lambda taken: new
    number = len(units)
    units.append(Unit(path, was, now, order=True))
    return lambda taken: new if taken(number) else old


def _woven(base: list[Any], other: list[Any]) -> list[Any]:
    """The names of `base` in their order; those that only `other` has stand where it has them: after the same name."""
    found = list(base)
    for at, name in enumerate(other):
        if name not in found:
            before = next((i for i in range(at - 1, -1, -1) if other[i] in found), None)
            found.insert(0 if before is None else found.index(other[before]) + 1, name)
    return found
