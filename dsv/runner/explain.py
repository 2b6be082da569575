"""A cause for each record that differs: evidence (runner.evidence, runner.votes) turned into causes (lineage.causes)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from dsv.delta.model import ADDED, REMOVED, Cause
from dsv.lineage.causes import INGEST, PARTNER, UNEXPLAINED, Arrival, Causes, Decision, Vote
from dsv.record.arrays import series
from dsv.runner import evidence, locate
from dsv.runner.difference import Difference
from dsv.runner.side import Side
from dsv.runner.votes import Merging, Votes

SUPERSEDED = "superseded"
BETWEEN = "\x1f"
SAME = ["kind", "stage", "rule", "side", "source", "batch_a", "batch_b", "detail", "op"]
POSITIONS = ("a_shard", "a_row", "b_shard", "b_row")
DEEPEST = 32


class Explained(NamedTuple):
    """The rows of a difference with the number of their cause (`cause`), the partner and the annotators (`by`); the causes."""

    rows: pl.DataFrame
    causes: list[Cause]


class Pending(NamedTuple):
    """A decision that came through another record."""

    decision: Decision
    partner: str


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


def run(difference: Difference, a: Side, b: Side, causes: Causes, merging: Callable[[], Mapping[str, Merging]]) -> Explained:
    """A cause for each changed record."""
    rows = difference.rows
    found = _Explainer(a, b, causes, merging).run(rows)
    found.numbers[found.numbers < 0] = found.number(Cause(UNEXPLAINED, INGEST, INGEST)) if (found.numbers < 0).any() else -1
    texts: dict[str, list[str | None]] = {"partner": [None] * rows.height, "by": [None] * rows.height}
    for at, one in found.pending.items():
        texts["partner"][at] = one.partner
    for at, who in found.by.items():
        texts["by"][at] = BETWEEN.join(who)
    told = [pl.Series(name, values, dtype=pl.String) for name, values in texts.items()]
    return Explained(rows.with_columns(series(found.numbers.astype(np.uint32), "cause"), *told), found.causes)


def hashable(cause: Cause) -> tuple[Any, ...]:
    """What tells a cause from others."""
    via = hashable(cause.via) if cause.via else ()
    return (cause.kind, cause.stage, cause.what, repr(cause.was), repr(cause.now), via)


class _Explainer:
    """Explains records of one pair of versions; those that came through others after them."""

    def __init__(self, a: Side, b: Side, causes: Causes, merging: Callable[[], Mapping[str, Merging]]) -> None:
        self.a, self.b = a, b
        self._causes, self._merging = causes, merging
        self._votes = Votes(a, b)

    @cached_property
    def _merges(self) -> Mapping[str, Merging]:
        return self._merging()

    def run(self, rows: pl.DataFrame) -> Found:
        """What is known of the rows of a difference."""
        subjects = rows.select("op", "columns", *POSITIONS).with_row_index("at")
        for own, mine, theirs in (("b", self.b, self.a), ("a", self.a, self.b)):
            subjects = locate.twins(subjects, own, mine, theirs)
        found = self.about(subjects)
        _Chains(self, rows, found).run()
        return found

    def locate(self, ids: Sequence[str]) -> Found:
        """What is known of records by their ids, changed or not."""
        places = zip("ab", (locate.places(side, ids) for side in (self.a, self.b)), strict=True)
        renamed = [part.rename({"shard": f"{key}_shard", "row": f"{key}_row"}) for key, part in places]
        subjects = pl.concat(renamed, how="horizontal").with_row_index("at")
        nothing = pl.lit(None, pl.List(pl.String)).alias("columns")
        return self.about(subjects.with_columns(nothing, op=pl.lit(None, pl.String)))

    def about(self, subjects: pl.DataFrame) -> Found:
        """What is known of the subjects (numbered by `at`)."""
        found = Found(subjects.height)
        known = evidence.gather(self.a, self.b, subjects)
        known = known.join(subjects.select("at", "op"), on="at", how="left", maintain_order="left")
        kinds = known.select(SAME).unique(maintain_order=True)
        numbers = [self._alike(found, *row) for row in kinds.iter_rows()]
        numbered = kinds.with_columns(pl.Series("number", numbers, dtype=pl.Int64))
        joined = known.join(numbered, on=SAME, how="left", nulls_equal=True, maintain_order="left")
        found.numbers[joined["at"].to_numpy()] = joined["number"].to_numpy()
        self._one_by_one(found, subjects, joined.filter(pl.col("number") < 0))
        return found

    def _alike(
        self, found: Found, kind: str, stage: str, rule: str | None, side: str, source: str, a: str | None, b: str | None, by: str | None, op: str
    ) -> int:  # fmt: skip
        """The number of the cause that the evidence proves by itself; -1 where the record has to be looked at."""
        if kind == evidence.ARRIVED:
            return found.number(self._causes.arrival(Arrival(source, a, b)))
        if kind == evidence.EVENT:
            replaced = rule == SUPERSEDED and op in (ADDED, REMOVED)
            return found.number(self._causes.arrival(Arrival(source, None, None, rule, by, replaced)))
        cause = self._causes.decision(Decision(stage, rule, side))
        return -1 if cause is None else found.number(cause)

    def _one_by_one(self, found: Found, subjects: pl.DataFrame, some: pl.DataFrame) -> None:
        """Records whose own stage is the same: what came before differs, or the annotations, or another record."""
        if some.is_empty():
            return
        asked = subjects.join(some.select("at"), on="at", how="semi", maintain_order="left")
        earlier, votes = self._earlier(asked, some), self._voted(asked, some)
        names = ("at", "kind", "stage", "rule", "side", "partner")
        for at, kind, stage, rule, side, partner in some.select(names).iter_rows():
            decision, changed = Decision(stage, rule, side), votes.get(at)
            if at in earlier:
                found.numbers[at] = found.number(earlier[at])
            elif changed:
                found.numbers[at] = found.number(self._causes.vote(changed))
                found.by[at] = tuple(sorted({vote.who for vote in changed}))
            elif partner is not None:
                found.pending[at] = Pending(decision, partner)
            else:
                quota = self._causes.quota(stage) if kind == evidence.ASSIGNED else None
                found.numbers[at] = found.number(quota or self.otherwise(decision))

    def otherwise(self, decision: Decision) -> Cause:
        """The last that can be said of a decision."""
        return self._causes.built_on(decision) or Cause(UNEXPLAINED, decision.stage, decision.rule or decision.stage)

    def _earlier(self, asked: pl.DataFrame, some: pl.DataFrame) -> dict[int, Cause]:
        """Records of which an earlier rule or stage assigned another value to begin with."""
        order = {stage: i for i, stage in enumerate(dict.fromkeys([*self.a.stages, *self.b.stages]))}
        own = {at: (stage, rule) for at, stage, rule in some.select("at", "stage", "rule").iter_rows()}
        assigned = evidence.assignments(self.a, self.b, asked.drop_nulls(["a_shard", "b_shard"]))
        found = {}
        for at, stage, rule, side in assigned.select("at", "stage", "rule", "side").iter_rows():
            if order[stage] > order[own[at][0]] or (stage, rule) == own[at]:
                continue
            decision = Decision(stage, rule, side)
            cause = self._causes.decision(decision) or self._causes.built_on(decision)
            if cause is not None:
                found[at] = cause
        return found

    def _voted(self, asked: pl.DataFrame, some: pl.DataFrame) -> dict[int, list[Vote]]:
        found: dict[int, list[Vote]] = {}
        for (stage,), group in some.partition_by("stage", as_dict=True).items():
            if stage in self._merges:
                these = asked.join(group.select("at"), on="at", how="semi", maintain_order="left")
                votes = self._votes.about(_ids(these, self.a, self.b), self._merges[stage])
                found |= dict(zip(these["at"].to_list(), votes, strict=True))
        return found


class _Chains:
    """Follows records that changed through a partner to what changed the partner."""

    def __init__(self, explainer: _Explainer, rows: pl.DataFrame, found: Found) -> None:
        self._explainer, self._rows, self._found = explainer, rows, found
        self._known: dict[str, tuple[Found, int]] = {}
        self._resolved: dict[str, Cause | None] = {}

    def run(self) -> None:
        """Gives every pending record its cause."""
        waiting = {one.partner for one in self._found.pending.values()}
        for _ in range(DEEPEST):
            if waiting:
                self._learn(sorted(waiting))
                deeper = [found.pending.get(at) for found, at in (self._known[record] for record in waiting)]
                waiting = {one.partner for one in deeper if one is not None} - self._known.keys()
        through = {one: self._through(one, ()) for one in dict.fromkeys(self._found.pending.values())}
        for at, one in self._found.pending.items():
            self._found.numbers[at] = self._found.number(through[one])

    def _learn(self, ids: list[str]) -> None:
        explainer = self._explainer
        among = locate.among(ids, self._rows, explainer.a, explainer.b)
        self._known |= {record: (self._found, at) for record, at in among.items()}
        rest = [record for record in ids if record not in among]
        if rest:
            found = explainer.locate(rest)
            self._known |= {record: (found, at) for at, record in enumerate(rest)}

    def _through(self, one: Pending, seen: tuple[str, ...]) -> Cause:
        via = self._cause(one.partner, seen)
        if via is None or via.kind == UNEXPLAINED:
            return self._explainer.otherwise(one.decision)
        return Cause(PARTNER, one.decision.stage, one.decision.rule or one.decision.stage, via=via)

    def _cause(self, record: str, seen: tuple[str, ...]) -> Cause | None:
        if record in seen or record not in self._known:
            return None
        if record not in self._resolved:
            found, at = self._known[record]
            pending = found.pending.get(at)
            self._resolved[record] = found.cause(at) if pending is None else self._through(pending, (*seen, record))
        return self._resolved[record]


def _ids(subjects: pl.DataFrame, a: Side, b: Side) -> list[str]:
    known = [side.ids(subjects.select(shard=f"{key}_shard", row=f"{key}_row")) for key, side in (("b", b), ("a", a))]
    filled = [one if len(one) == subjects.height else pl.Series([None] * subjects.height, dtype=pl.String) for one in known]
    found: list[str] = pl.select(pl.coalesce(*filled)).to_series().to_list()
    return found


def tally(explained: Explained, ops: Sequence[str]) -> list[tuple[Cause, Mapping[str, int]]]:
    """Causes with how many records of each op they explain, largest first."""
    counted = explained.rows.group_by("cause", "op").len()
    table: dict[int, dict[str, int]] = {}
    for number, op, n in counted.iter_rows():
        table.setdefault(number, dict.fromkeys(ops, 0))[op] = n
    found = [(explained.causes[number], counts) for number, counts in table.items()]
    return sorted(found, key=lambda item: (-sum(item[1].values()), hashable(item[0])))
