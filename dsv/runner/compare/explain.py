"""A cause for each record that differs: evidence (evidence.py, votes.py) turned into causes (lineage.causes)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import polars as pl

from dsv.delta.model import ADDED, MODIFIED, REMOVED, Cause
from dsv.lineage.causes import INGEST, PARTNER, UNEXPLAINED, Arrival, Causes, Decision, Vote
from dsv.record.arrays import series
from dsv.runner.compare import evidence, locate
from dsv.runner.compare.both import Both
from dsv.runner.compare.chains import Chains, Found, Key, Pending, Ways, hashable
from dsv.runner.compare.difference import Difference
from dsv.runner.compare.side import SPLIT, Side
from dsv.runner.compare.votes import Merging, Votes

SUPERSEDED = "superseded"
BETWEEN = "\x1f"
SAME = ["kind", "stage", "rule", "side", "source", "batch_a", "batch_b", "detail", "op"]
POSITIONS = ("a_shard", "a_row", "b_shard", "b_row")


class Explained(NamedTuple):
    """The rows of a difference with the number of their cause (`cause`), the partner and the annotators (`by`); the causes."""

    rows: pl.DataFrame
    causes: list[Cause]


def run(difference: Difference, a: Side, b: Side, causes: Causes, merging: Callable[[], Mapping[str, Merging]]) -> Explained:
    """A cause for each changed record."""
    rows = difference.rows
    found = _Explainer(a, b, causes, merging).run(rows)
    texts: dict[str, list[str | None]] = {"partner": [None] * rows.height, "by": [None] * rows.height}
    for at, one in found.pending.items():
        if found.causes[found.numbers[at]].kind == PARTNER:
            texts["partner"][at] = one.partner
    for at, who in found.by.items():
        texts["by"][at] = BETWEEN.join(who)
    told = [pl.Series(name, values, dtype=pl.String) for name, values in texts.items()]
    return Explained(rows.with_columns(series(found.numbers.astype(np.uint32), "cause"), *told), found.causes)


class _Explainer:
    """Explains records of one pair of versions; those that came through others after them."""

    def __init__(self, a: Side, b: Side, causes: Causes, merging: Callable[[], Mapping[str, Merging]]) -> None:
        self.a, self.b = a, b
        self._causes, self._merging = causes, merging
        self._votes = Votes(a, b)
        self._numbers: dict[str, int] = {}
        self._columns: dict[Decision, tuple[str, ...] | None] = {}

    @cached_property
    def _merges(self) -> Mapping[str, Merging]:
        return self._merging()

    def run(self, rows: pl.DataFrame) -> Found:
        """What is known of the rows of a difference."""
        # What was modified counts as that, whether or not it moved to another split too.
        columns = pl.when(op=MODIFIED).then(pl.col("columns").list.set_difference([SPLIT])).otherwise("columns")
        subjects = rows.select("op", *POSITIONS, columns=columns).with_row_index("at")
        for own, mine, theirs in (("b", self.b, self.a), ("a", self.a, self.b)):
            subjects = locate.twins(subjects, own, mine, theirs)
        found = self.about(subjects)
        among, others = partial(self._among, rows), partial(self._locate, subjects)
        Chains(found, Ways(among, others, self._otherwise, partial(self._turned, subjects))).run()
        self._rest(found, subjects)
        return found

    def _rest(self, found: Found, subjects: pl.DataFrame) -> None:
        """Records about which nothing was decided otherwise: what was assigned last is what came before last in the other."""
        left = np.flatnonzero(found.numbers < 0)
        if not len(left):
            return
        stages = evidence.assigning(self.a, self.b, subjects.filter(pl.col("at").is_in(series(left).implode())))
        for at in left.tolist():
            found.numbers[at] = found.number(self._causes.last_word(stages.get(at, ())) or Cause(UNEXPLAINED, INGEST, INGEST))

    def _among(self, rows: pl.DataFrame, keys: Sequence[Key]) -> dict[Key, int]:
        """Those of the records that came or went, by their number."""
        self._numbers |= locate.among([key.record for key in keys], rows, self.a, self.b)
        gone, known = rows["op"].is_in([ADDED, REMOVED]).to_numpy(), self._numbers
        return {key: known[key.record] for key in keys if key.record in known and gone[known[key.record]]}

    def _locate(self, subjects: pl.DataFrame, keys: Sequence[Key]) -> Found:
        """What is known of records, in so far as they matter; `_among` was asked before."""
        others = list(dict.fromkeys(key.record for key in keys if key.record not in self._numbers))
        places = zip("ab", (locate.places(side, others) for side in (self.a, self.b)), strict=True)
        renamed = [part.rename({"shard": f"{key}_shard", "row": f"{key}_row"}) for key, part in places]
        found = pl.concat([subjects.select(POSITIONS), pl.concat(renamed, how="horizontal").select(POSITIONS)])
        at = self._numbers | {record: subjects.height + i for i, record in enumerate(others)}
        asked = found[[at[key.record] for key in keys]].with_row_index("at").with_columns(op=pl.lit(None, pl.String))
        columns = pl.Series("columns", [None if key.columns is None else list(key.columns) for key in keys], dtype=pl.List(pl.String))
        return self.about(asked.with_columns(columns))

    def about(self, subjects: pl.DataFrame) -> Found:
        """What is known of the subjects (numbered by `at`)."""
        found = Found(subjects.height)
        known = evidence.gather(self.a, self.b, subjects, self._causes.comes_before, unlike=self._causes.unlike)
        known = known.join(subjects.select("at", "op"), on="at", how="left", maintain_order="left")
        kinds = known.select(SAME).unique(maintain_order=True)
        numbers = [self._alike(found, *row) for row in kinds.iter_rows()]
        numbered = kinds.with_columns(pl.Series("number", numbers, dtype=pl.Int64))
        joined = known.join(numbered, on=SAME, how="left", nulls_equal=True, maintain_order="left")
        found.numbers[joined["at"].to_numpy()] = joined["number"].to_numpy()
        self._one_by_one(found, subjects, joined.filter(pl.col("number") < 0))
        return found

    def _alike(
        self, found: Found, kind: str, stage: str | None, rule: str | None, side: str, source: str, a: str | None, b: str | None, by: str | None, op: str
    ) -> int:  # fmt: skip
        """The number of the cause that the evidence proves by itself; -1 where the record has to be looked at."""
        if kind == evidence.ARRIVED:
            # A rule that only one version has dropped what it dropped, whatever the record was before.
            brought = self._causes.brought(Decision(stage, rule, side)) if stage is not None else None
            return found.number(brought or self._causes.arrival(Arrival(source, a, b)))
        if kind == evidence.EVENT:
            replaced = rule == SUPERSEDED and op in (ADDED, REMOVED)
            return found.number(self._causes.arrival(Arrival(source, None, None, rule, by, replaced)))
        assert stage is not None
        if self._voted_upon(stage):
            return -1
        cause = self._causes.decision(Decision(stage, rule, side))
        return -1 if cause is None else found.number(cause)

    def _voted_upon(self, stage: str) -> bool:
        """Whether other annotations may be why a stage decides otherwise: what goes in comes before what is done with it."""
        return self._votes.any and self._causes.in_both(stage) and stage in self._merges

    def _one_by_one(self, found: Found, subjects: pl.DataFrame, some: pl.DataFrame) -> None:
        """Records whose own stage is the same: what came before differs, or the annotations, or another record."""
        if some.is_empty():
            return
        asked = subjects.join(some.select("at"), on="at", how="semi", maintain_order="left")
        earlier = self._earlier(asked, some)
        stages = dict(some.select("at", "stage").iter_rows()) | {at: first.stage for at, first in earlier.items()}
        votes = self._voted(asked, stages)
        names = ("at", "kind", "stage", "rule", "side", "partner")
        for at, kind, stage, rule, side, partner in some.select(names).iter_rows():
            decision, changed, first = Decision(stage, rule, side), votes.get(at), earlier.get(at)
            if changed:
                found.numbers[at] = found.number(self._causes.vote(changed))
                found.by[at] = tuple(sorted({vote.who for vote in changed}))
                continue
            cause = self._causes.decision(decision)
            if cause is None and first is not None:
                cause = self._causes.decision(first) or self._causes.built_on(first) or self._read(first.stage)
            if cause is None and partner is not None:
                found.pending[at] = Pending(decision, partner, self._compared(decision))
                continue
            if cause is None and kind == evidence.ASSIGNED:
                cause = self._causes.quota(stage)
            found.numbers[at] = found.number(cause or self._last(decision))

    def _otherwise(self, pending: Pending) -> Cause:
        return self._last(pending.decision)

    def _last(self, decision: Decision) -> Cause:
        """The last that can be said of a decision."""
        found = self._causes.built_on(decision) or self._read(decision.stage) or self._causes.order_of_stages(decision.stage)
        return found or Cause(UNEXPLAINED, decision.stage, decision.rule or decision.stage)

    def _read(self, stage: str) -> Cause | None:
        """The cause where a merging stage reads its annotations in another way."""
        return self._causes.reading(self._merges[stage].sources) if self._causes.in_both(stage) and stage in self._merges else None

    def _turned(self, subjects: pl.DataFrame, pending: Pending, at: int | None) -> Cause:
        """The cause of one of two records that changed places: which of them comes first is another one."""
        own = None if at is None else subjects.filter(at=at).select("a_shard", "b_shard").row(0)
        if own is None or None in own:
            return self._otherwise(pending)
        here, there = self.a.shards[own[0]], self.b.shards[own[1]]
        moved = self._causes.order(here.source, pending.partner.partition("/")[0])
        if moved is None and here.relative != there.relative:
            moved = self._causes.arrival(Arrival(here.source, here.batch, there.batch))
        return moved or self._otherwise(pending)

    def _compared(self, decision: Decision) -> tuple[str, ...] | None:
        """The columns of other records that matter to a decision: no stage after it has a say."""
        if decision not in self._columns:
            stages = Both(self.a, self.b).stages()
            after = stages[stages.index(decision.stage) :]
            later = [side.dense(stage) for side in (self.a, self.b) for stage in after if stage in side.stages]
            named = self._causes.compared(decision) or sorted({*self.a.columns, *self.b.columns})
            self._columns[decision] = tuple(name for name in named if name not in frozenset().union(*later))
        return self._columns[decision]

    def _earlier(self, asked: pl.DataFrame, some: pl.DataFrame) -> dict[int, Decision]:
        """The first other value that an earlier rule or stage assigned to a record, where the decision may look at it."""
        own = {at: Decision(*row) for at, *row in some.select("at", "stage", "rule", "side").iter_rows()}
        groups: dict[tuple[str, ...] | None, dict[int, Decision]] = {}
        for at, decision in own.items():
            groups.setdefault(self._causes.looks_at(decision), {})[at] = decision
        found: dict[int, Decision] = {}
        for columns, group in groups.items():
            found |= self._assigned_before(asked, group, columns)
        # A rule may look at more than it names; but where another record is told with it, that one is the reason.
        alone = some.filter(pl.col("partner").is_null() & pl.col("rule").is_not_null())["at"].to_list()
        return found | self._assigned_before(asked, {at: own[at] for at in alone if at not in found}, None)

    def _assigned_before(self, asked: pl.DataFrame, own: Mapping[int, Decision], columns: tuple[str, ...] | None) -> dict[int, Decision]:
        """Of records the first other value in some columns that came before their own decision."""
        if not own:
            return {}
        order = {stage: i for i, stage in enumerate(Both(self.a, self.b).stages())}
        paired = asked.filter(pl.col("at").is_in([*own])).drop_nulls(["a_shard", "b_shard"])
        found = {}
        assigned = evidence.assignments(self.a, self.b, paired, self._causes.comes_before, columns)
        for at, *row in assigned.select("at", "stage", "rule", "side").iter_rows():
            first, second = Decision(*row), own[at]
            same = first.stage == second.stage
            if order[first.stage] < order[second.stage] or (same and self._causes.comes_before(first, second)):
                found[at] = first
        return found

    def _voted(self, asked: pl.DataFrame, stages: Mapping[int, str]) -> dict[int, list[Vote]]:
        found: dict[int, list[Vote]] = {}
        for stage in sorted({*stages.values()}):
            if self._voted_upon(stage):
                these = asked.filter(pl.col("at").is_in([at for at, own in stages.items() if own == stage]))
                votes = self._votes.about(_ids(these, self.a, self.b), self._merges[stage])
                found |= dict(zip(these["at"].to_list(), votes, strict=True))
        return found


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
