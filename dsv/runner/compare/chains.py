"""Records that changed through another record, followed to what changed that one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dsv.delta.model import Cause
from dsv.lineage.causes import PARTNER, Decision

DEEPEST = 32


class Key(NamedTuple):
    """A record in so far as its being there, or its values in some columns (None: in any), matter to another."""

    record: str
    columns: tuple[str, ...] | None


class Pending(NamedTuple):
    """A decision that came through another record."""

    decision: Decision
    partner: str
    columns: tuple[str, ...] | None = None

    @property
    def key(self) -> Key:
        """What of the partner matters."""
        return Key(self.partner, self.columns)


class Found:
    """What is known of some records, by their number (`at`): the number of the cause, what is pending, who annotated."""

    def __init__(self, height: int) -> None:
        self.causes: list[Cause] = []
        self.numbers = np.full(height, -1, dtype=np.int64)
        self.pending: dict[int, Pending] = {}
        self.by: dict[int, tuple[str, ...]] = {}
        self._known: dict[tuple[Any, ...], int] = {}

    def number(self, cause: Cause) -> int:
        """The number of a cause."""
        key = hashable(cause)
        if key not in self._known:
            self._known[key] = len(self.causes)
            self.causes.append(cause)
        return self._known[key]

    def cause(self, at: int) -> Cause | None:
        """The cause of a record, None where nothing about it differs."""
        return self.causes[self.numbers[at]] if self.numbers[at] >= 0 else None


def hashable(cause: Cause) -> tuple[Any, ...]:
    """What tells a cause from others."""
    via = hashable(cause.via) if cause.via else ()
    return (cause.kind, cause.stage, cause.what, repr(cause.was), repr(cause.now), via)


class Ways(NamedTuple):
    """How to learn more: which of the records at hand are these and came or went, what is known of the others, what is left to
    say of one that no partner explains, or that waits for itself in the end (its number where it is at hand, else None)."""

    among: Callable[[Sequence[Key]], Mapping[Key, int]]
    locate: Callable[[Sequence[Key]], Found]
    otherwise: Callable[[Pending], Cause]
    turned: Callable[[Pending, int | None], Cause]


class Chains:
    """Follows what is pending. A record has one partner, so that every chain ends, or in a circle."""

    def __init__(self, found: Found, ways: Ways) -> None:
        self._found, self._ways = found, ways
        self._known: dict[Key, tuple[Found, int]] = {}
        self._resolved: dict[Key, Cause | None] = {}

    def run(self) -> None:
        """Gives every pending record its cause."""
        waiting = {one.key for one in self._found.pending.values()}
        for _ in range(DEEPEST):
            if waiting:
                self._learn(sorted(waiting, key=lambda key: (key.record, key.columns or ())))
                deeper = [found.pending.get(at) for found, at in (self._known[key] for key in waiting)]
                waiting = {one.key for one in deeper if one is not None} - self._known.keys()
        names = {at: key for key, (found, at) in self._known.items() if found is self._found}
        through: dict[Pending, Cause] = {}
        causes = {}
        for at, one in self._found.pending.items():
            if at in names:
                causes[at] = self._cause(names[at])
            else:
                if one not in through:
                    through[one] = self._through(one, self._cause(one.key))
                causes[at] = through[one]
        for at, cause in causes.items():
            assert cause is not None
            self._found.numbers[at] = self._found.number(cause)

    def _learn(self, keys: list[Key]) -> None:
        among = self._ways.among(keys)
        self._known |= {key: (self._found, at) for key, at in among.items()}
        rest = [key for key in keys if key not in among]
        if rest:
            found = self._ways.locate(rest)
            self._known |= {key: (found, at) for at, key in enumerate(rest)}

    def _cause(self, key: Key) -> Cause | None:
        """The cause of a record, None where nothing about it differs or nothing is known."""
        path: list[Key] = []
        while key not in self._resolved:
            path.append(key)
            one = self._pending(key)
            if one is None:
                found, at = self._known.get(key, (self._found, -1))
                self._resolved[key] = found.cause(at) if key in self._known else None
            elif one.key in path:
                for member in path[path.index(one.key) :]:
                    self._resolved[member] = self._turned(member)
            else:
                key = one.key
        for before in reversed(path):
            one = self._pending(before)
            if before not in self._resolved and one is not None:
                self._resolved[before] = self._through(one, self._resolved[one.key])
        return self._resolved[path[0] if path else key]

    def _pending(self, key: Key) -> Pending | None:
        found, at = self._known.get(key, (None, -1))
        return None if found is None else found.pending.get(at)

    def _turned(self, key: Key) -> Cause:
        found, at = self._known[key]
        return self._ways.turned(found.pending[at], at if found is self._found else None)

    def _through(self, one: Pending, via: Cause | None) -> Cause:
        if via is None:
            return self._ways.otherwise(one)
        return Cause(PARTNER, one.decision.stage, one.decision.rule or one.decision.stage, via=via)
