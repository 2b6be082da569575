"""What became of the boxes of a picture: the same, moved, of another label, drawn, taken away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SIDES = ("xmin", "ymin", "xmax", "ymax")
OVERLAP = 0.5
Box = Mapping[str, Any]
Boxes = Sequence[Box]


@dataclass
class Tally:
    """How many boxes of each label were drawn and taken away, how many moved, and which labels became which."""

    drawn: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)
    relabelled: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, old: Boxes, new: Boxes) -> None:
        """Counts one more picture."""
        for was, now in matched(old, new):
            if was is None:
                self.drawn[label(now)] += 1
            elif now is None:
                self.gone[label(was)] += 1
            elif label(was) != label(now):
                self.relabelled[label(was), label(now)] += 1
            elif _place(was) != _place(now):
                self.moved[label(was)] += 1

    def __bool__(self) -> bool:
        return bool(self.drawn or self.gone or self.moved or self.relabelled)


def are(value: Any) -> bool:
    """Whether a value is a list of boxes."""
    return (
        isinstance(value, list) and bool(value) and isinstance(value[0], Mapping) and all(s in value[0] for s in SIDES)
    )


def label(box: Box | None) -> str:
    """The label of a box as people read it."""
    found = None if box is None else box.get("label")
    return "none" if found is None else str(found)


def matched(old: Boxes, new: Boxes) -> list[tuple[Box | None, Box | None]]:
    """Pairs of old and new boxes: equal ones, then those at the same place, then those that overlap most; the rest alone."""
    pairs: list[tuple[Box | None, Box | None]] = []
    left, right = [b for b in old if _known(b)], [b for b in new if _known(b)]
    for key in (lambda b: (label(b), _place(b)), _place):
        waiting: dict[Any, list[Box]] = {}
        for box in right:
            waiting.setdefault(key(box), []).append(box)
        rest = []
        for box in left:
            here = waiting.get(key(box))
            if here:
                pairs.append((box, here.pop(0)))
            else:
                rest.append(box)
        left, right = rest, [box for some in waiting.values() for box in some]
    overlapping = sorted(
        ((o, i, j) for i, a in enumerate(left) for j, b in enumerate(right) if (o := overlap(a, b)) >= OVERLAP),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    taken_left, taken_right = set(), set()
    for _, i, j in overlapping:
        if i not in taken_left and j not in taken_right:
            taken_left.add(i)
            taken_right.add(j)
            pairs.append((left[i], right[j]))
    pairs += [(box, None) for i, box in enumerate(left) if i not in taken_left]
    return pairs + [(None, box) for j, box in enumerate(right) if j not in taken_right]


def _known(box: Any) -> bool:
    return isinstance(box, Mapping) and all(isinstance(box.get(side), (int, float)) for side in SIDES)


def _place(box: Box) -> tuple[float, ...]:
    return tuple(float(box[side]) for side in SIDES)


def overlap(one: Box, two: Box) -> float:
    """Intersection over union."""
    (a, b, c, d), (e, f, g, h) = _place(one), _place(two)
    shared = max(0.0, min(c, g) - max(a, e)) * max(0.0, min(d, h) - max(b, f))
    union = (c - a) * (d - b) + (g - e) * (h - f) - shared
    return shared / union if union > 0 else 0.0


def told(some: Boxes) -> str:
    """The boxes as a line of text."""
    return "; ".join(f"{label(box)} {corners(box)}" for box in some)


def corners(box: Box | None) -> str:
    """Left, top, right, bottom."""
    if box is None:
        return ""
    return ",".join(f"{box[side]:g}" if isinstance(box[side], (int, float)) else "?" for side in SIDES)
