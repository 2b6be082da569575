"""Causes: the first decision about a record that differs between two versions, and why it differs.

Kinds: `batch` · `content` · `annotation` · `review` · `param` · `code` · `partner` · `unexplained`. They are disjoint; every
delta has one. The cause of a `partner` follows in `via`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from dsv.delta.model import Cause
from dsv.lineage import params
from dsv.lineage.facts import BatchFacts, Facts, StageFacts, value
from dsv.lineage.params import Pair

BATCH, CONTENT, ANNOTATION, REVIEW = "batch", "content", "annotation", "review"
PARAM, CODE, PARTNER, UNEXPLAINED = "param", "code", "partner", "unexplained"
INGEST, QUOTA, SPLIT = "ingest", "quota", "split"
A, B = "a", "b"
FOLDED = {"superseded": "replaced", "withdrawn": "withdrawn", "conflict": "conflict", "restored": "restored"}
SEVERAL = 2


class Decision(NamedTuple):
    """A decision that one side (`a` or `b`) made and the other did not; the rule is None where a stage assigns by none."""

    stage: str
    rule: str | None
    side: str


class Arrival(NamedTuple):
    """The batches whose base rows the two sides hold; None where a side holds none, or where the content is the same.

    `event` is what became of a row that both sides hold, `by` the batch that did it; `replaced` tells that the record has
    another row now.
    """

    source: str
    batch_a: str | None
    batch_b: str | None
    event: str | None = None
    by: str | None = None
    replaced: bool = False


class Vote(NamedTuple):
    """The annotations of a record that one side alone has: by whom, in which delivery of which source."""

    stage: str
    who: str
    source: str
    batch: str
    side: str
    review: bool = False


class Causes:
    """Tells causes from evidence, given the facts of both versions. What was asked once is remembered."""

    def __init__(self, a: Facts, b: Facts) -> None:
        self.a, self.b = a, b
        self._decided: dict[Decision, Cause | None] = {}

    def decision(self, decision: Decision) -> Cause | None:
        """The cause where the stage itself is another one: its presence, revision, code, or a param of the rule's own."""
        if decision not in self._decided:
            self._decided[decision] = self._own(decision)
        return self._decided[decision]

    def brought(self, decision: Decision) -> Cause | None:
        """The cause where only one of the versions has the stage, or the rule; None where both do."""
        was, now = self.a.stages.get(decision.stage), self.b.stages.get(decision.stage)
        if was is None or now is None or was.use != now.use:
            return self._own(decision)
        pair = self._pair(decision) if decision.rule is not None else None
        return None if pair is None or (pair.was and pair.now) else self._came_or_went(decision.stage, pair)

    @cached_property
    def unlike(self) -> bool:
        """Whether one of the versions has a stage or a rule that the other has not."""
        if self.a.signed and self.a.signed == self.b.signed:
            return False
        if self.a.stages.keys() != self.b.stages.keys() or any(self.a.stages[name].use != self.b.stages[name].use for name in self.a.stages):
            return True
        return any(None in pair for pairs in self._pairs.values() for pair in pairs)

    def comes_before(self, first: Decision, second: Decision) -> bool:
        """Whether the rule of one decision comes before that of another of the same stage, in a version that has both."""
        for side, facts in ((second.side, self.a if second.side == A else self.b), (first.side, self.a if first.side == A else self.b)):
            labels = [self._label(decision, side) for decision in (first, second)]
            known = list(facts.stages[first.stage].rules) if first.stage in facts.stages else []
            if all(label in known for label in labels):
                return known.index(labels[0]) < known.index(labels[1])
        return False

    def _label(self, decision: Decision, side: str) -> str:
        """What a version calls the rule of a decision; empty where it does not have it."""
        if decision.side == side or decision.rule is None:
            return decision.rule or ""
        pair = self._pair(decision) if self.in_both(decision.stage) else None
        return (pair and pair[0 if side == A else 1]) or ""

    def compared(self, decision: Decision) -> tuple[str, ...] | None:
        """The columns that a rule names as those in which it compares records; None where it names none."""
        facts = (self.a if decision.side == A else self.b).stages[decision.stage]
        paths = facts.rules.get(decision.rule or "")
        found = value(facts.params, paths[0]) if paths else None
        return (tuple(found.get("columns") or ()) or None) if isinstance(found, Mapping) else None

    def looks_at(self, decision: Decision) -> tuple[str, ...] | None:
        """The columns that a split, or a rule that drops, names as those it looks at; None where it names none."""
        facts = (self.a if decision.side == A else self.b).stages.get(decision.stage)
        if facts is None:
            return None
        if facts.use == SPLIT:
            return (*(facts.params.get("group") or ()), *(facts.params.get("stratify") or ()))
        paths = facts.rules.get(decision.rule or "")
        found = value(facts.params, f"{paths[0]}.column") if paths else None
        return (found,) if isinstance(found, str) else self.compared(decision)

    def in_both(self, stage: str) -> bool:
        """Whether both versions have the stage."""
        return stage in self.a.stages and stage in self.b.stages

    def _own(self, decision: Decision) -> Cause | None:
        stage = decision.stage
        was, now = self.a.stages.get(stage), self.b.stages.get(stage)
        if was is None or now is None:
            return Cause(PARAM, stage, stage, None if was is None else was.written, None if now is None else now.written)
        if was.use != now.use:
            return Cause(PARAM, stage, f"{stage}.use", was.use, now.use)
        if was.revision != now.revision:
            return Cause(CODE, stage, f"{stage} revision", was.revision, now.revision)
        if was.code != now.code:
            return Cause(CODE, stage, f"{stage} code", was.code, now.code)
        if decision.rule is None:
            return self._unnamed(was, now)
        pair = self._pair(decision)
        if pair is None:
            return None
        if pair.was is None or pair.now is None:
            return self._came_or_went(stage, pair)
        return self._of_paths(stage, zip(params.own(was, pair.was), params.own(now, pair.now), strict=False))

    def built_on(self, decision: Decision) -> Cause | None:
        """The cause in what a rule builds on: params of rules before it, their order, params that no rule names."""
        stage = decision.stage
        was, now = self.a.stages.get(stage), self.b.stages.get(stage)
        if was is None or now is None:
            return None
        pair = self._pair(decision) if decision.rule is not None else None
        if pair is not None and pair.was is not None and pair.now is not None:
            # What sets the values that a rule looks at comes before what merely decides which records reach it.
            for paths in ((was.values.get(pair.was, ()), now.values.get(pair.now, ())), (was.rules[pair.was], now.rules[pair.now])):
                found = self._before(stage, Pair(pair.was, pair.now), *paths)
                if found is not None:
                    return found
        moved = params.order(was, now, self._pairs.get(stage, []))
        return self._any(was, now) if moved is None else Cause(PARAM, stage, f"{stage}.rules", *moved)

    def _before(self, stage: str, rule: Pair, paths_a: Sequence[str], paths_b: Sequence[str]) -> Cause | None:
        """What is different about the params at these paths, which a rule builds on, or about their order."""
        was, now, pairs = self.a.stages[stage], self.b.stages[stage], self._pairs[stage]
        old, new = ({paths[0]: label for label, paths in facts.rules.items() if paths} for facts in (was, now))
        labels = {old[path] for path in paths_a if path in old}, {new[path] for path in paths_b if path in new}
        involved = [pair for pair in pairs if pair == rule or pair.was in labels[0] or pair.now in labels[1]]
        for pair in involved:
            if pair.was is None or pair.now is None:
                return self._came_or_went(stage, pair)
        firsts = [(was.rules[pair.was][0], now.rules[pair.now][0]) for pair in involved if pair.was and pair.now]
        found = self._of_paths(stage, [*((path, path) for path in paths_a if path not in old), *firsts])
        if found is not None:
            return found
        moved = params.order(was, now, involved)
        return None if moved is None else Cause(PARAM, stage, f"{stage}.rules", *moved)

    def _came_or_went(self, stage: str, pair: Pair) -> Cause:
        was, now = self.a.stages[stage], self.b.stages[stage]
        return Cause(PARAM, stage, f"{stage}.{pair.now or pair.was}", params.written(was, pair.was), params.written(now, pair.now))

    @cached_property
    def _pairs(self) -> dict[str, list[Pair]]:
        both = [name for name in self.a.stages if name in self.b.stages]
        return {name: params.pairs(self.a.stages[name], self.b.stages[name]) for name in both}

    def _pair(self, decision: Decision) -> Pair | None:
        place = 0 if decision.side == A else 1
        return next((pair for pair in self._pairs[decision.stage] if pair[place] == decision.rule), None)

    def _of_paths(self, stage: str, paths: Any) -> Cause | None:
        was, now = self.a.stages[stage], self.b.stages[stage]
        for old, new in paths:
            pair = [params.nameless(value(was.params, old)), params.nameless(value(now.params, new))]
            found = params.change(pair[0], pair[1], f"{stage}.{new}")
            if found is not None:
                return Cause(PARAM, stage, *found)
        return None

    def _unnamed(self, was: StageFacts, now: StageFacts) -> Cause | None:
        """A change of the params that no rule names."""
        pair = []
        for facts in (was, now):
            named = {path.partition(".")[0].partition("[")[0] for paths in facts.rules.values() for path in paths}
            pair.append({k: v for k, v in (facts.params or {}).items() if k not in named})
        found = params.change(pair[0], pair[1], was.name)
        return None if found is None else Cause(PARAM, was.name, *found)

    def _any(self, was: StageFacts, now: StageFacts) -> Cause | None:
        found = params.change(was.params, now.params, was.name)
        return None if found is None else Cause(PARAM, was.name, *found)

    def quota(self, stage: str) -> Cause | None:
        """The cause where a stage fills quotas: a record moves because others came or went."""
        facts = self.b.stages.get(stage)
        if facts is None or facts.use != SPLIT:
            return None
        by_hash = facts.params.get("method") == "hash" and len(facts.params.get("group") or ()) < 2
        return None if by_hash else Cause(PARTNER, stage, QUOTA)

    def arrival(self, arrival: Arrival) -> Cause:
        """The cause where the deliveries differ: which came, went, or are read in another way."""
        if arrival.event is not None:
            return self._event(arrival)
        paired = arrival.batch_a is not None and arrival.batch_b is not None
        for batch in dict.fromkeys(b for b in (arrival.batch_b, arrival.batch_a) if b is not None):
            found = self._batch(arrival.source, batch, paired)
            if found is not None:
                return found
        return self._elsewhere(arrival.source, paired, INGEST)

    def order(self, one: str, other: str) -> Cause | None:
        """The cause where records of two sources arrive in another order; of one source, that of its deliveries."""
        if one == other:
            return _turned(INGEST, f"sources.{one}.batches", self.a.sources.get(one, {}), self.b.sources.get(one, {}))
        was, now = list(self.a.sources), list(self.b.sources)
        if not {one, other} <= {*was} & {*now} or (was.index(one) < was.index(other)) == (now.index(one) < now.index(other)):
            return None
        return _turned(INGEST, "sources", was, now)

    def order_of_stages(self, stage: str) -> Cause | None:
        """The cause where other stages come before this one, or those before it in another order."""
        orders = [[name for name in own.stages if name in other.stages] for own, other in ((self.a, self.b), (self.b, self.a))]
        if stage not in orders[0]:
            return None
        before, now = ({*names[: names.index(stage)]} for names in orders)
        some = (before ^ now or before) | {stage}
        return _turned(stage, "stages", *([name for name in names if name in some] for names in orders))

    def last_word(self, stages: Iterable[str]) -> Cause | None:
        """The cause where some stages assign the same in both versions, but another of them is the last one to do so."""
        some = {*stages}
        moved = params.turned(*([name for name in facts.stages if name in some] for facts in (self.a, self.b)))
        # Any of them would do; it is the same one from B to A.
        return None if moved is None else Cause(PARAM, min(moved[0]), "stages", *moved)

    def reading(self, sources: Iterable[str]) -> Cause | None:
        """The cause where deliveries of some sources are read in another way."""
        found = (self._elsewhere(source, True, INGEST) for source in sources)
        return next((cause for cause in found if cause.kind == PARAM), None)

    def _event(self, arrival: Arrival) -> Cause:
        told = FOLDED.get(arrival.event or "", arrival.event)
        if arrival.by is not None:
            name, (was, now) = f"{arrival.source}/{arrival.by}", self._both(arrival.source, arrival.by)
            if (was is None) != (now is None) and not arrival.replaced:
                return Cause(BATCH, INGEST, name, None, told if was is None else "removed")
            found = self._batch(arrival.source, arrival.by, arrival.replaced)
            if found is not None:
                return found
        return self._elsewhere(arrival.source, arrival.replaced, arrival.event or INGEST)

    def _both(self, source: str, batch: str) -> tuple[BatchFacts | None, BatchFacts | None]:
        return self.a.sources.get(source, {}).get(batch), self.b.sources.get(source, {}).get(batch)

    def _batch(self, source: str, batch: str, paired: bool) -> Cause | None:
        """What is different about one delivery."""
        name, (was, now) = f"{source}/{batch}", self._both(source, batch)
        if was is None and now is None:
            return None
        if was is None or now is None:
            told = "added" if was is None else "removed"
            return Cause(CONTENT, INGEST, name, None, None if was is None else told) if paired else Cause(BATCH, INGEST, name, None, told)
        keys = was.read.get("key"), now.read.get("key")
        if not paired and keys[0] != keys[1]:
            # Whatever is in its files, another key gives every record another id.
            return Cause(PARAM, INGEST, f"sources.{source}.key", *keys)
        if was.raw != now.raw:
            return Cause(CONTENT, INGEST, name) if paired else Cause(BATCH, INGEST, name, None, "replaced")
        found = params.change(was.read, now.read, f"sources.{source}")
        return None if found is None else Cause(PARAM, INGEST, *found)

    def _elsewhere(self, source: str, paired: bool, what: str) -> Cause:
        """The first delivery of the source that differs: later ones are folded into what it left."""
        for batch in dict.fromkeys([*self.b.sources.get(source, {}), *self.a.sources.get(source, {})]):
            found = self._batch(source, batch, paired)
            if found is not None:
                return found
        if self.a.revision != self.b.revision:
            return Cause(CODE, INGEST, f"{INGEST} revision", self.a.revision, self.b.revision)
        return self.order(source, source) or Cause(UNEXPLAINED, INGEST, what)

    def vote(self, votes: list[Vote]) -> Cause:
        """The cause where a record has other annotations: whose, from which delivery; or how a delivery is read."""
        for vote in votes:
            was, now = self._both(vote.source, vote.batch)
            if was is not None and now is not None and was.raw == now.raw:
                found = self._elsewhere(vote.source, True, vote.batch)
                if found.kind != CONTENT and found.kind != UNEXPLAINED:
                    return found
        who = sorted({vote.who for vote in votes})
        came = [vote for vote in votes if vote.side == B] or votes
        names = list(dict.fromkeys(f"{vote.source}/{vote.batch}" for vote in came))
        told = ", ".join(who) if len(who) <= SEVERAL else "several annotators"
        kind = REVIEW if any(vote.review for vote in came) else ANNOTATION
        ends = (None, ", ".join(names)) if came[0].side == B else (", ".join(names), None)
        return Cause(kind, votes[0].stage, told, *ends)


def _turned(stage: str, what: str, was: Iterable[str], now: Iterable[str]) -> Cause | None:
    orders = params.turned(was, now)
    return None if orders is None else Cause(PARAM, stage, what, *orders)
