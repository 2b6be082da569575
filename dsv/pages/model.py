"""The value that a page is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dsv.delta.columns import SchemaChange
from dsv.delta.model import Cause, Counts, RecordDelta

SAME, CHANGED, ADDED, REMOVED = "same", "changed", "added", "removed"


class Commit(NamedTuple):
    """A commit between the two versions."""

    sha: str
    subject: str
    author: str
    date: str


class End(NamedTuple):
    """One of the two versions, as it was asked for and as it is."""

    name: str
    sha: str | None
    root: str | None
    records: int
    quarantined: int = 0


class Transition(NamedTuple):
    """How many records went from one label or split to another."""

    was: str | None
    now: str | None
    n: int


class Node(NamedTuple):
    """A source or a stage of the graph: what became of it, why, and how many changes begin there."""

    name: str
    kind: str
    state: str
    why: tuple[str, ...] = ()
    deltas: int = 0
    kept: tuple[int | None, int | None] = (None, None)


class Media(NamedTuple):
    """A picture or a sound that is small enough to be in the page. `width` and `height` are those of the original."""

    kind: str
    uri: str
    width: int = 0
    height: int = 0


class Exhibit(NamedTuple):
    """What is beside the values of a sample record: media of both sides, and their boxes where the record has any."""

    media: tuple[Media | None, Media | None] = (None, None)
    boxes: tuple[Sequence[Mapping[str, Any]] | None, Sequence[Mapping[str, Any]] | None] = (None, None)


class Table(NamedTuple):
    """Figures such as the metrics of runs on both data sets; `right` are its columns of numbers."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Beside:
    """What a page has besides the difference: which records were asked for, where there is more, tables and notes on them."""

    asked: str = ""
    link: str | None = None
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """A difference, ready to be told. `deltas` are all `changed` records, or a sample of them, in arrival order; `others`
    are ids of the old version for comparison."""

    dataset: str
    a: End
    b: End
    counts: Counts
    bump: str | None
    schema: SchemaChange
    columns: Mapping[str, int]
    labels: Sequence[Transition]
    splits: Sequence[Transition]
    causes: Sequence[tuple[Cause, Mapping[str, int]]]
    deltas: Sequence[RecordDelta]
    sources: Sequence[Node] = ()
    stages: Sequence[Node] = ()
    commits: Sequence[Commit] = ()
    exhibits: Mapping[str, Exhibit] = field(default_factory=dict)
    others: Sequence[str] = ()
    beside: Beside = field(default_factory=Beside)

    @property
    def changed(self) -> int:
        """How many records changed."""
        return sum(self.counts[:4])

    @property
    def whole(self) -> bool:
        """Whether every changed record is at hand."""
        return len(self.deltas) == self.changed


def samples(report: Report, most: int) -> list[tuple[int, list[RecordDelta]]]:
    """The place of each cause and at most so many of its changed records, in the order of the causes."""
    places = Places(report.causes)
    found: dict[int, list[RecordDelta]] = {at: [] for at in range(len(report.causes))}
    for delta in report.deltas:
        some = found[places.of(delta.cause)]
        if len(some) < most:
            some.append(delta)
    return list(found.items())


class Places:
    """The places of causes in the order in which they are told."""

    def __init__(self, causes: Sequence[tuple[Cause, Any]]) -> None:
        self._by_object = {id(cause): at for at, (cause, _) in enumerate(causes)}
        self._by_value = {repr(cause): at for at, (cause, _) in enumerate(causes)}

    def of(self, cause: Cause) -> int:
        """The place of a cause; params in it need not be hashable."""
        found = self._by_object.get(id(cause))
        return self._by_value[repr(cause)] if found is None else found
