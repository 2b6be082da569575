"""Finds where things turn bad, in as few looks as there are bits in the number of places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Verdict = Literal["good", "bad", "skip"]
GOOD: Verdict = "good"
BAD: Verdict = "bad"
SKIP: Verdict = "skip"


def turn(last: int, judge: Callable[[int], Verdict]) -> tuple[int, int]:
    """The last good and the first bad place of 0 … last, of which 0 is good and the last is bad.

    They are neighbours, unless all between them can only be skipped. A place is looked at once.
    """
    good, bad, skipped = 0, last, set[int]()
    while left := [place for place in range(good + 1, bad) if place not in skipped]:
        middle = (good + bad) // 2
        place = min(left, key=lambda place: (abs(place - middle), place))
        verdict = judge(place)
        if verdict == SKIP:
            skipped.add(place)
        elif verdict == GOOD:
            good = place
        else:
            bad = place
    return good, bad
