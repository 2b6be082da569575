"""Which words of a text changed: what marks them in Markdown and HTML."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

SAME, WENT, CAME = "=", "-", "+"
TOKEN = re.compile(r"\s+|\d+\.\d+|\w+|[^\w\s]")
# Above it (the square of it is what is compared) the middle that differs is one change.
MOST = 2000

Run = tuple[str, str]


def words(old: str, new: str) -> list[Run]:
    """Runs of the two texts in order: same (`=`), only in the old (`-`), only in the new (`+`)."""
    was, now = TOKEN.findall(old), TOKEN.findall(new)
    head = _alike(was, now)
    tail = _alike(was[head:][::-1], now[head:][::-1])
    middle = was[head : len(was) - tail], now[head : len(now) - tail]
    runs = [(SAME, "".join(was[:head])), *_middle(*middle), (SAME, "".join(was[len(was) - tail :]))]
    return _joined(runs)


def _alike(was: list[str], now: list[str]) -> int:
    """How many tokens both begin with."""
    for at, (one, two) in enumerate(zip(was, now, strict=False)):
        if one != two:
            return at
    return min(len(was), len(now))


def _middle(was: list[str], now: list[str]) -> list[Run]:
    if max(len(was), len(now)) > MOST:
        return [(WENT, "".join(was)), (CAME, "".join(now))]
    runs: list[Run] = []
    for tag, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        runs += (
            [(SAME, "".join(was[a:b]))] if tag == "equal" else [(WENT, "".join(was[a:b])), (CAME, "".join(now[c:d]))]
        )
    return runs


def _joined(runs: list[Run]) -> list[Run]:
    """Without empty runs; a space between two changes belongs to them, which reads better than word by word."""
    kept = [run for run in runs if run[1]]
    found: list[Run] = []
    went = came = ""
    for at, (kind, text) in enumerate(kept):
        between = kind == SAME and text.isspace() and (went or came) and at + 1 < len(kept)
        if kind == WENT or between:
            went += text
        if kind == CAME or between:
            came += text
        if kind == SAME and not between:
            found += [run for run in ((WENT, went), (CAME, came), (SAME, text)) if run[1]]
            went = came = ""
    return found + [run for run in ((WENT, went), (CAME, came)) if run[1]]


def side(runs: list[Run], kind: str) -> list[Run]:
    """The runs that one of the two texts (`-` the old, `+` the new) is made of."""
    return [run for run in runs if run[0] in (SAME, kind)]
