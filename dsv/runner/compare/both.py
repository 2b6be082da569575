"""Two versions side by side: their stages in one order, which of two rules comes first, rows that lie in the same two shards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from dsv.lineage.causes import A, B, Decision
from dsv.project.manifest import Shard
from dsv.runner.compare.decided import THEN, Texts, Values
from dsv.runner.compare.difference import same_base
from dsv.runner.compare.side import Mask, Rows, Side

Before = Callable[[Decision, Decision], bool]


class Both(NamedTuple):
    """The two versions, the sets of columns that were found to differ, which of two decisions of a stage comes first."""

    a: Side
    b: Side
    touched: Sequence[frozenset[str]] = ()
    before: Before | None = None

    def stages(self) -> list[str]:
        """The stages of either, in order: that of the new version, and those that it lacks after what they followed."""
        found = list(self.b.stages)
        for i, stage in enumerate(self.a.stages):
            if stage not in found:
                found.insert(found.index(self.a.stages[i - 1]) + 1, stage)
        return found

    def assigning(self, stage: str, left: Values, right: Values) -> list[tuple[str | None, str]]:
        """The first rule that assigned otherwise, and the version whose rule it is."""
        columns = (left.values, right.values, left.rules, right.rules)
        pairs = [_first_unlike(*row) for row in zip(*(column.to_list() for column in columns), strict=True)]
        sides = {pair: A if pair[1] is None else B for pair in {*pairs}}
        for pair in [pair for pair in sides if None not in pair]:
            sides[pair] = A if self.first(stage, *(np.array([rule], dtype=object) for rule in pair))[0] else B
        return [(pair[0] if sides[pair] == A else pair[1], sides[pair]) for pair in pairs]

    def first(self, stage: str, rules_a: Texts, rules_b: Texts) -> Mask:
        """Where the rule of the old version comes before that of the new one; each dropped a row."""
        pairs = list(zip(rules_a.tolist(), rules_b.tolist(), strict=True))
        before = self.before
        known = {} if before is None else {pair: before(Decision(stage, pair[0], A), Decision(stage, pair[1], B)) for pair in {*pairs}}
        return np.array([known.get(pair, False) for pair in pairs], dtype=np.bool_)

    def dense(self) -> frozenset[str]:
        """The columns that some stage assigns to every record."""
        return frozenset().union(*(side.dense(stage) for side in (self.a, self.b) for stage in side.stages[1:]))


def _first_unlike(left: str | None, right: str | None, rules_a: str | None, rules_b: str | None) -> tuple[str | None, str | None]:
    """The rules of the first value that differs."""
    if THEN not in (left or "") and THEN not in (right or ""):
        return rules_a, rules_b
    values, rules = ([(text or "").split(THEN) for text in pair] for pair in ((left, right), (rules_a, rules_b)))
    at = next((i for i, (one, two) in enumerate(zip_longest(*values)) if one != two), 0)
    found = [known[at] if at < len(known) and known[at] else None for known in rules]
    return found[0], found[1]


class Pair(NamedTuple):
    """Subjects whose base rows lie in the same two shards: their numbers, rows, and which set of columns differs (-1: any)."""

    here: Shard
    there: Shard
    at: Rows
    rows_a: Rows
    rows_b: Rows
    sets: Rows

    @property
    def aligned(self) -> bool:
        """Whether equal digests of decisions mean equal decisions."""
        return self.here.relative == self.there.relative and same_base(self.here, self.there)

    def take(self, mask: Mask) -> Pair:
        """Some of the subjects."""
        return Pair(self.here, self.there, self.at[mask], self.rows_a[mask], self.rows_b[mask], self.sets[mask])


def each(both: Both, pair: Pair) -> tuple[tuple[Side, Shard, Rows], tuple[Side, Shard, Rows]]:
    """A side with the shard and the rows, of each version."""
    return (both.a, pair.here, pair.rows_a), (both.b, pair.there, pair.rows_b)
