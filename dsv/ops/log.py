"""The history of a data set."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, NamedTuple

from dsv.delta.model import Counts, bump
from dsv.project.history import VERSION, Entry, entries
from dsv.project.layout import Layout


class Logged(NamedTuple):
    """One version and the step from the one before, as far as the reports tell (None: records must be compared)."""

    entry: Entry
    bump: str | None

    def json(self) -> dict[str, Any]:
        e = self.entry
        return {
            "rev": e.sha, "version": e.version, "date": e.date, "author": e.author, "message": e.message, "root": e.root,
            "records": e.records, "splits": e.splits, "bump": self.bump,
        }  # fmt: skip


def log(layout: Layout, rev: str = "HEAD", limit: int | None = None) -> list[Logged]:
    """The versions that lead to a revision, newest first. Reads reports only, so it works without any data."""
    found = entries(layout, rev) if limit is None else _with_last(layout, rev, limit)
    named = [_numbers(entry) for entry in found]
    steps = [
        Logged(entry, _named_step(named[at], next(filter(None, named[at + 1 :]), None)) or _step(before, entry))
        for at, (entry, before) in enumerate(zip_longest(found, found[1:]))
    ]
    return steps[:limit]


def _with_last(layout: Layout, rev: str, limit: int) -> list[Entry]:
    """So many versions, and older ones as far as the step to the last of them asks for."""
    asked = limit + 1
    while True:
        found = entries(layout, rev, asked)
        named = [any(map(_numbers, some)) for some in (found[:limit], found[limit:])]
        if len(found) < asked or named != [True, False]:
            return found
        asked *= 2


def _numbers(entry: Entry) -> tuple[int, ...] | None:
    """The numbers in the version's name."""
    found = VERSION.fullmatch((entry.version or "").rpartition("@")[2])
    return tuple(map(int, found.groups())) if found else None


def _named_step(now: tuple[int, ...] | None, before: tuple[int, ...] | None) -> str | None:
    """The step from the named version before to this one, by their names."""
    if now is None or before is None or now <= before:
        return None
    return next(step for step, one, other in zip(("major", "minor", "patch"), now, before, strict=True) if one != other)


def _step(before: Entry | None, entry: Entry) -> str | None:
    """Of a version without a name, what is known without looking at records: the same root."""
    if before is None or before.root is None or entry.root is None:
        return None
    return (
        bump(Counts(), schema_broken=False, schema_grown=False, reserialised=True)
        if before.root == entry.root
        else None
    )
