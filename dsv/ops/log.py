"""The history of a data set."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any, NamedTuple

from dsv.delta.model import Counts, bump
from dsv.project.history import Entry, entries
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
    found = entries(layout, rev, limit)
    return [Logged(entry, _step(before, entry)) for entry, before in zip_longest(found, found[1:])]


def _step(before: Entry | None, entry: Entry) -> str | None:
    """Known without looking at records: first version, or the same root."""
    if before is None or before.root is None or entry.root is None:
        return None
    return (
        bump(Counts(), schema_broken=False, schema_grown=False, reserialised=True)
        if before.root == entry.root
        else None
    )
