"""What changed between the params of one stage in two versions, and which rule of one is which rule of the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from dsv.lineage.facts import StageFacts, value

T = TypeVar("T")
# The name of a rule is how decisions call it, and nothing that it does.
NAME = "id"
COLUMNS = ("column", "columns")


Steps = tuple[str | int, ...]


class Change(NamedTuple):
    """A param that differs: where it stands, and its values."""

    path: str
    was: Any
    now: Any


class Pair(NamedTuple):
    """A rule as both versions have it; None where one lacks it."""

    was: str | None
    now: str | None


def change(was: Any, now: Any, path: str) -> Change | None:
    """The one leaf in which two param trees differ; of several the smallest tree around them, with these leaves alone."""
    leaves = list(_leaves(was, now, ()))
    if not leaves:
        return None
    if len(leaves) == 1:
        (steps, old, new) = leaves[0]
        return Change(_path(path, steps), old, new)
    shared = _shared([steps for steps, _, _ in leaves])
    old = {_path("", steps[shared:]).lstrip("."): leaf for steps, leaf, _ in leaves}
    new = {_path("", steps[shared:]).lstrip("."): leaf for steps, _, leaf in leaves}
    return Change(_path(path, leaves[0][0][:shared]), old, new)


def _shared(paths: Sequence[Steps]) -> int:
    """How many first steps all paths have in common, the last one left out."""
    n = 0
    while all(len(steps) > n + 1 and steps[n] == paths[0][n] for steps in paths):
        n += 1
    return n


def _leaves(was: Any, now: Any, at: Steps) -> Iterator[tuple[Steps, Any, Any]]:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in sorted({*was, *now}, key=str):
            yield from _leaves(was.get(key), now.get(key), (*at, key))
    elif isinstance(was, (list, tuple)) and isinstance(now, (list, tuple)) and len(was) == len(now):
        for index, (old, new) in enumerate(zip(was, now, strict=True)):
            yield from _leaves(old, new, (*at, index))
    elif type(was) is not type(now) or was != now:
        yield at, was, now


def _path(start: str, steps: Steps) -> str:
    return start + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def pairs(was: StageFacts, now: StageFacts) -> list[Pair]:
    """The rules of two versions of a stage, matched: by equal settings, then by a name that was given, then by kind: the
    same columns, or all but one param alike.

    So a rule that was renamed or moved stays itself, and one that is put before another of its kind is the new one.
    """
    old, new = ({label: _rule(facts, label) for label in facts.rules} for facts in (was, now))
    found: list[Pair] = []
    for alike in (_same_name_and_settings, _same_settings, _same_name, _same_columns, _one_apart):
        for label in [*new]:
            match = next((known for known in old if alike(old[known], new[label])), None)
            if match is not None:
                found.append(Pair(match, label))
                del old[match], new[label]
    return found + [Pair(label, None) for label in old] + [Pair(None, label) for label in new]


class _Rule(NamedTuple):
    label: str
    kind: str
    settings: Any
    named: bool


def _rule(facts: StageFacts, label: str) -> _Rule:
    paths = facts.rules[label]
    kind = re.sub(r"\[\d+\]", "", paths[0]) if paths else label
    found = value(facts.params, paths[0]) if paths else True
    # What is no list of rules has them by names of its own.
    named = found.get(NAME) is not None if isinstance(found, Mapping) else True
    return _Rule(label, kind, settings(facts, label), named)


def settings(facts: StageFacts, label: str) -> Any:
    """The params of a rule's own, without its name."""
    paths = facts.rules[label]
    found = value(facts.params, paths[0]) if paths else True
    return {k: v for k, v in found.items() if k != NAME} if isinstance(found, Mapping) else found


def _same_name_and_settings(old: _Rule, new: _Rule) -> bool:
    return old == new


def _same_settings(old: _Rule, new: _Rule) -> bool:
    return old[1:3] == new[1:3] and isinstance(old.settings, Mapping)


def _same_name(old: _Rule, new: _Rule) -> bool:
    return old[:2] == new[:2] and old.named and new.named


def _same_columns(old: _Rule, new: _Rule) -> bool:
    if old.kind != new.kind or not isinstance(old.settings, Mapping) or not isinstance(new.settings, Mapping):
        return False
    pair = [[rule.settings[key] for key in COLUMNS if rule.settings.get(key)] for rule in (old, new)]
    return pair[0] == pair[1]


def _one_apart(old: _Rule, new: _Rule) -> bool:
    return old.kind == new.kind and len(list(_leaves(old.settings, new.settings, ()))) == 1


def order(was: StageFacts, now: StageFacts, matched: list[Pair]) -> tuple[list[str], list[str]] | None:
    """The rules that both versions have, as each orders them, where the orders differ."""
    places_old, places_new = ({label: i for i, label in enumerate(facts.rules)} for facts in (was, now))
    both = [(pair.was, pair.now) for pair in matched if pair.was is not None and pair.now is not None]
    old = sorted(both, key=lambda pair: places_old[pair[0]])
    new = sorted(both, key=lambda pair: places_new[pair[1]])
    found = turned(old, new)
    return None if found is None else ([a for a, _ in found[0]], [b for _, b in found[1]])


def turned(was: Iterable[T], now: Iterable[T]) -> tuple[list[T], list[T]] | None:
    """What both hold, where they hold it in another order, without what is alike at both ends; None where the order is one."""
    lists = list(was), list(now)
    old, new = ([one for one in own if one in other] for own, other in (lists, lists[::-1]))
    places = [i for i, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    return (old[places[0] : places[-1] + 1], new[places[0] : places[-1] + 1]) if places else None


def own(facts: StageFacts, label: str) -> tuple[str, ...]:
    """The params that are a rule's own: not the first ones of other rules."""
    paths = facts.rules[label]
    others = {other[0] for name, other in facts.rules.items() if other and name != label}
    return tuple(path for path in paths if path not in others)


def written(facts: StageFacts, label: str | None) -> Any:
    """A rule as params.yaml has it."""
    paths = facts.rules.get(label or "")
    if label is None or paths is None:
        return None
    return nameless(value(facts.written, paths[0])) if paths else True


def nameless(found: Any) -> Any:
    """A rule without its name."""
    return {k: v for k, v in found.items() if k != NAME} if isinstance(found, Mapping) else found
