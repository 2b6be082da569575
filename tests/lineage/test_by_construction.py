"""Made projects in which it is known what was done: every record that differs is told with just that cause."""

from __future__ import annotations

import copy
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.delta.model import INVERSE, OPS, Cause, RecordDelta
from dsv.ops.diff import Diff, between
from dsv.ops.load import load
from dsv.project.version import Version
from tests.lineage.made import SPLIT, Made, Role, Told, blank, riffle
from tests.lineage.made_deliveries import ANNOTATIONS, DELIVERIES
from tests.lineage.made_params import PARAMS
from tests.lineage.made_partners import PARTNERS
from tests.runner.workshop import Workshop

KINDS = (*DELIVERIES, *ANNOTATIONS, *PARAMS, *PARTNERS)


def build(shop: Workshop, made: Made, folder: Path) -> Version:
    for name, text in made.code().items():
        (shop.layout.root / name).write_text(text)
    shop.write(made.params(), made.files())
    shop.build()
    return shop.pinned(folder)


def splits(version: Version) -> dict[str, Any]:
    rows = load(version.layout, ".", columns=["_id", SPLIT]).to_polars()
    return dict(rows.iter_rows())


def case(folder: Path, kinds: list[Any], seed: int, idle: int = 3) -> tuple[Diff, Diff, dict[str, Told]]:
    rng = random.Random(seed)
    old = blank(rng)
    kinds = [*kinds, *rng.sample(KINDS, idle)]
    changes = [kind(Role(old, n, rng)) for n, kind in enumerate(kinds)]
    riffle(old, rng)
    new = copy.deepcopy(old)
    tells = [change(new) for change in changes[: len(kinds) - idle]]
    told = {name: one for tell in tells for name, one in tell(old, new).items()}
    shutil.rmtree(folder, ignore_errors=True)
    shop = Workshop(folder / "shop", workers=1)
    pair = [build(shop, made, folder / name) for name, made in (("old", old), ("new", new))]
    was, now = (splits(version) for version in pair)
    moved = Told("moved", new.redrawn or Cause("partner", SPLIT, "quota"))
    told |= {name: moved for name in was.keys() & now.keys() - told.keys() if was[name] != now[name]}
    return between(*pair), between(*reversed(pair)), told


def shape(cause: Cause | None) -> list[tuple[str, str]]:
    return [] if cause is None else [(cause.kind, cause.stage), *shape(cause.via)]


def shown(delta: RecordDelta) -> Told:
    return Told(delta.op, delta.cause, delta.partner, delta.by)


def check(there: Diff, back: Diff, told: dict[str, Told]) -> None:
    found = {delta.id: shown(delta) for delta in there.records()}
    assert found == told
    assert {op: sum(n[op] for _, n in there.causes) for op in OPS} == {op: getattr(there.counts, op) for op in OPS}
    reverse = {delta.id: (delta.op, shape(delta.cause), delta.partner, delta.by) for delta in back.records()}
    assert reverse == {name: (INVERSE[one.op], shape(one.cause), one.partner, one.by) for name, one in found.items()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(st.lists(st.sampled_from(KINDS), max_size=3), st.integers(0, 10_000))
@settings(deadline=None, max_examples=1, derandomize=True)
def test_causes_are_those_that_were_done(tmp_path_factory: pytest.TempPathFactory, kind: Any, others: list[Any], seed: int) -> None:
    check(*case(tmp_path_factory.getbasetemp() / "made", [kind, *others], seed))
