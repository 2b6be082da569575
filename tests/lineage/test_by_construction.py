"""Made projects in which it is known what was done: every record that differs is told with just that cause.

Each record belongs to a role, and each change touches the records of one role alone. What nothing was done to may only have
moved to another split.
"""

from __future__ import annotations

import copy
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dsv.delta.model import INVERSE, OPS, Cause, RecordDelta
from dsv.lineage.causes import ANNOTATION, BATCH, CODE, CONTENT, PARAM, PARTNER, REVIEW, UNEXPLAINED
from dsv.ops.diff import Diff, between
from dsv.ops.load import load
from dsv.project.version import Version
from tests.lineage.made import SPLIT, Made, Role, Told, blank, riffle
from tests.lineage.made_deliveries import ANNOTATIONS, DELIVERIES, Change
from tests.lineage.made_partners import PARTNERS
from tests.lineage.made_rules import RULED
from tests.lineage.made_stages import STAGED, redrawn
from tests.runner.workshop import Workshop

KINDS: Sequence[Any] = (*DELIVERIES, *ANNOTATIONS, *RULED, *STAGED, *PARTNERS)
HAND, AT_ONCE = 7, (4, 3, 1, 2, 4)


class Case(NamedTuple):
    """Both ways of comparing two versions, and what is to be told of each record from the first to the second."""

    there: Diff
    back: Diff
    told: dict[str, Told]


class Planned(NamedTuple):
    """What is made of a project, how many changes at once, and what is to be told of them."""

    new: Made
    at_once: int
    told: dict[str, Told]


def planned(kinds: Sequence[Any], seed: int) -> tuple[Made, Iterator[Planned]]:
    """A project in which each kind of change has a role, and what becomes of it by some of the changes at once."""
    rng = random.Random(seed)
    old = blank(rng)
    changes: list[Change] = [kind(Role(old, n, rng)) for n, kind in enumerate(kinds)]
    riffle(old, rng)
    return old, (_made(old, [changes[n] for n in chosen]) for chosen in choices(len(changes), rng))


def _made(old: Made, changes: Sequence[Change]) -> Planned:
    new = copy.deepcopy(old)
    tells = [change(new) for change in changes]
    return Planned(new, len(changes), {name: one for tell in tells for name, one in tell(old, new).items()})


def choices(n: int, rng: random.Random) -> Iterator[list[int]]:
    """Which changes are made at once; each is made in some case."""
    order: list[int] = []
    for many in AT_ONCE:
        if len(order) < many:
            order += [one for one in rng.sample(range(n), n) if one not in order]
        yield order[:many]
        order = order[many:]


def cases(kinds: Sequence[Any], seed: int, folder: Path) -> Iterator[Case]:
    """A project, and versions of it in which some changes are made at once."""
    old, news = planned(kinds, seed)
    shop = Workshop(folder / "shop", workers=1)
    before = build(shop, old, folder / "before")
    was = splits(before)
    for number, (new, _, told) in enumerate(news):
        after = build(shop, new, folder / f"after{number}")
        now = splits(after)
        moved = Told("moved", new.redrawn or Cause("partner", SPLIT, "quota"))
        told |= {name: moved for name in was.keys() & now.keys() - told.keys() if was[name] != now[name]}
        yield Case(between(before, after), between(after, before), told)


def build(shop: Workshop, made: Made, folder: Path) -> Version:
    for name, text in made.code().items():
        (shop.layout.root / name).write_text(text)
    if made.secrets:
        # What a stage found once is taken from the cache as long as nothing that it knows of is another.
        shutil.rmtree(shop.layout.cache, ignore_errors=True)
    shop.write(made.params(), made.files())
    shop.build()
    return shop.pinned(folder)


def splits(version: Version) -> dict[str, str]:
    return dict(load(version.layout, ".", columns=["_id", SPLIT]).to_polars().iter_rows())


def kinds_of(cause: Cause | None) -> list[tuple[str, str]]:
    return [] if cause is None else [(cause.kind, cause.stage), *kinds_of(cause.via)]


def shown(delta: RecordDelta) -> Told:
    return Told(delta.op, delta.cause, delta.partner, delta.by)


def check(case: Case) -> None:
    there, back = ({delta.id: shown(delta) for delta in diff.records()} for diff in (case.there, case.back))
    assert there == case.told
    assert {op: sum(n[op] for _, n in case.there.causes) for op in OPS} == {op: getattr(case.there.counts, op) for op in OPS}
    expected = {name: (INVERSE[one.op], kinds_of(one.cause), one.partner, one.by) for name, one in there.items()}
    assert {name: (one.op, kinds_of(one.cause), one.partner, one.by) for name, one in back.items()} == expected


def dealt() -> list[tuple[int, list[Any]]]:
    """Hands of kinds, so that each kind is in one of them."""
    rng = random.Random(0)
    deck = [kind for _ in range(3) for kind in rng.sample(KINDS, len(KINDS))]
    return [(number, deck[number * HAND :][:HAND]) for number in range(10)]


@pytest.mark.parametrize(("seed", "kinds"), [pytest.param(*hand, id=str(hand[0])) for hand in dealt()])
def test_causes_are_what_was_done(tmp_path: Path, seed: int, kinds: Sequence[Any]) -> None:
    for case in cases(kinds, seed, tmp_path):
        check(case)


def test_fifty_cases_have_every_kind_of_cause_and_one_to_four_changes_at_once() -> None:
    plans = [plan for seed, kinds in dealt() for plan in planned(kinds, seed)[1]]
    assert len(plans) >= 50
    assert {plan.at_once for plan in plans} == {1, 2, 3, 4}
    told = [kind for plan in plans for one in plan.told.values() for kind, _ in kinds_of(one.cause)]
    assert {*told} == {BATCH, CONTENT, ANNOTATION, REVIEW, PARAM, CODE, PARTNER, UNEXPLAINED}


HANDS = st.lists(st.sampled_from(KINDS), min_size=max(AT_ONCE), max_size=HAND)


@pytest.mark.long
# There is one split: what two other draws of it did at once is the doing of both.
@given(HANDS.filter(lambda kinds: kinds.count(redrawn) < 2), st.integers(0, 2**32))
@settings(deadline=None, max_examples=500 // len(AT_ONCE), derandomize=True, phases=[Phase.generate, Phase.shrink])
def test_causes_of_any_changes_are_what_was_done(tmp_path_factory: pytest.TempPathFactory, kinds: Sequence[Any], seed: int) -> None:
    folder = tmp_path_factory.getbasetemp() / "made"
    shutil.rmtree(folder, ignore_errors=True)
    for case in cases(kinds, seed, folder):
        check(case)
