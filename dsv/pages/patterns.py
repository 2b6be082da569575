"""What the changes of values have in common: exchanged columns, one value turned into another, boxes drawn anew."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from dsv.delta.model import RecordDelta
from dsv.delta.values import short
from dsv.pages import boxes

Pair = tuple[str, str]
# More distinct pairs of values than these are not counted on: none of them is a pattern.
DISTINCT = 5000
LONGEST = 48


@dataclass
class ColumnFacts:
    """What became of the values of one column in the modified records that are at hand."""

    n: int = 0
    pairs: Counter[Pair] = field(default_factory=Counter)
    filled: int = 0
    emptied: int = 0
    spelling: int = 0
    cut: int = 0
    shifts: list[float] = field(default_factory=list)
    boxes: boxes.Tally = field(default_factory=boxes.Tally)


@dataclass
class Patterns:
    """Facts by column, and pairs of columns that exchanged their values."""

    columns: dict[str, ColumnFacts] = field(default_factory=dict)
    swaps: Counter[Pair] = field(default_factory=Counter)


def find(deltas: Iterable[RecordDelta]) -> Patterns:
    """What the modified records among the deltas have in common."""
    found = Patterns()
    for delta in deltas:
        if delta.old is not None and delta.new is not None:
            for name in sorted({*delta.old, *delta.new}):
                facts = found.columns.get(name) or found.columns.setdefault(name, ColumnFacts())
                _value(facts, delta.old.get(name), delta.new.get(name))
            _swaps(found, delta.old, delta.new)
    return found


def _value(facts: ColumnFacts, old: Any, new: Any) -> None:
    facts.n += 1
    if boxes.are(old) or boxes.are(new):
        facts.boxes.add(old or [], new or [])
        return
    facts.filled += old is None
    facts.emptied += new is None
    pair = short(old, LONGEST), short(new, LONGEST)
    if pair in facts.pairs or len(facts.pairs) < DISTINCT:
        facts.pairs[pair] += 1
    if isinstance(old, str) and isinstance(new, str):
        facts.spelling += _letters(old) == _letters(new)
        facts.cut += old.startswith(new) or old.endswith(new)
    elif _number(old) and _number(new):
        facts.shifts.append(float(new) - float(old))


def _letters(text: str) -> str:
    return "".join(text.split()).casefold()


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _swaps(found: Patterns, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    names = sorted(name for name in old if name in new and not isinstance(old[name], (list, dict)))
    if 2 <= len(names) <= 12:
        for one, two in combinations(names, 2):
            if old[one] == new[two] and old[two] == new[one] and old[one] != old[two]:
                found.swaps[one, two] += 1


def common_word(ids: Sequence[str], others: Sequence[str]) -> str | None:
    """A word that all ids have and most of the others have not."""
    if len(ids) < 3 or not others:
        return None
    shared = _words(ids[0])
    for name in ids:
        shared &= _words(name)
        if not shared:
            return None
    known = Counter(word for name in others for word in _words(name))
    return min((w for w in shared if known[w] <= len(others) / 2), key=lambda word: (-len(word), word), default=None)


def _words(name: str) -> set[str]:
    return {part for part in _parts(name) if not part.isdigit() and len(part) > 1}


def _parts(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()


def middle(numbers: Sequence[float]) -> float:
    """The median of some numbers."""
    ordered = sorted(numbers)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
