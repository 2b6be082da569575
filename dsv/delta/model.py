"""Deltas of records: what happened to each, and counts of them."""

from __future__ import annotations

from typing import Any, NamedTuple

ADDED, REMOVED, MODIFIED, MOVED = "added", "removed", "modified", "moved"
OPS = (ADDED, REMOVED, MODIFIED, MOVED)
INVERSE = {ADDED: REMOVED, REMOVED: ADDED, MODIFIED: MODIFIED, MOVED: MOVED}


class Counts(NamedTuple):
    """How many records each thing happened to. A record counts once."""

    added: int = 0
    removed: int = 0
    modified: int = 0
    moved: int = 0
    unchanged: int = 0

    def plus(self, other: Counts) -> Counts:
        """The counts of both."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))

    def inverse(self) -> Counts:
        """The counts of the way back."""
        return self._replace(added=self.removed, removed=self.added)


class Cause(NamedTuple):
    """Why a record changed: the first stage whose input was equal and whose decision differs.

    `via` is the cause of the other record through which it came (kind partner), where that is known.
    """

    kind: str
    stage: str
    what: str
    was: Any = None
    now: Any = None
    via: Cause | None = None

    @property
    def root(self) -> Cause:
        """The cause at the end of the chain."""
        return self if self.via is None else self.via.root


class RecordDelta(NamedTuple):
    """One changed record. `old` and `new` hold the changed columns only (all columns of an added or removed record).

    `partner` is the id of the record through which it changed, `by` are the annotators whose annotations did.
    """

    id: str
    op: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    cause: Cause
    partner: str | None = None
    by: tuple[str, ...] = ()

    def inverse(self) -> RecordDelta:
        """The delta of the way back, with the cause as it was."""
        return self._replace(op=INVERSE[self.op], old=self.new, new=self.old)


def bump(counts: Counts, *, schema_broken: bool, schema_grown: bool, reserialised: bool) -> str | None:
    """The smallest legal version step by Croissant's rule: major, minor, patch, or None where nothing changed."""
    if counts.removed or counts.modified or counts.moved or schema_broken:
        return "major"
    if counts.added or schema_grown:
        return "minor"
    return "patch" if reserialised else None
