"""What every registered stage must keep (docs/stages.md)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.ledger.decisions import DROP_COLUMN
from dsv.lineage.facts import value
from dsv.record import schema
from dsv.stages import registry
from dsv.stages.base import Decided, Round
from dsv.stages.rules.registry import PARAMS
from tests.contract.examples import EXAMPLES, Example, digests
from tests.stages.harness import Ran, Shard, run

CASES = [
    pytest.param(name, example, id=f"{name}{i}")
    for name in registry.names()
    for i, example in enumerate(EXAMPLES.get(name, []))
]
every_stage = pytest.mark.parametrize(("name", "example"), CASES)
few = settings(deadline=None, max_examples=3, derandomize=True)
cuts = st.lists(st.integers(1, 60), max_size=4)


class Outcome(NamedTuple):
    """What a stage did, by id: values of the kept, rules of the dropped; and the figures it counted."""

    kept: dict[str, dict[str, Any]]
    dropped: dict[str, tuple[str | None, str | None]]
    stats: dict[str, int]


def outcome(found: Ran) -> Outcome:
    kept = {row["_id"]: row for row in found.values.iter_rows(named=True)}
    dropped: dict[str, tuple[str | None, str | None]] = {}
    for frame, alive, decisions in zip(found.base, found.alive, found.decisions, strict=True):
        rules: dict[int, tuple[str | None, str | None]] = {}
        if decisions is not None and decisions.dense:
            if DROP_COLUMN in decisions.table.columns:
                rules = {row: (rule, None) for row, rule in enumerate(decisions.table[DROP_COLUMN])}
        elif decisions is not None:
            drops = decisions.table.filter(action="drop")
            rules = {row: (rule, partner) for row, rule, partner in drops.select("row", "rule", "partner").rows()}
        gone = (~alive).arg_true().to_list()
        dropped |= {frame["_id"][row]: rules.get(row, (None, None)) for row in gone}
    return Outcome(kept, dropped, found.stats)


def ran(name: str, example: Example, shards: list[Shard] | None = None, parts: int = 1) -> Outcome:
    stage = registry.stage(name)
    return outcome(run(stage, example.params, shards or example.shards(), example.sources, parts))


@pytest.mark.parametrize("name", registry.names())
def test_every_stage_has_an_example(name: str) -> None:
    assert EXAMPLES.get(name), f"the stage {name!r} is registered; add an example to tests/contract/examples.py"


@pytest.mark.parametrize("name", registry.names())
def test_every_stage_says_what_it_is(name: str) -> None:
    stage = registry.stage(name)
    assert (stage.NAME, type(stage.REVISION)) == (name, int)
    assert re.fullmatch(r"[A-Z].*\.", stage.DOC)


@pytest.mark.parametrize("rule", PARAMS)
def test_every_rule_of_clean_is_in_an_example(rule: str) -> None:
    used = {name for example in EXAMPLES["clean"] for entry in example.params["rules"] for name in entry}
    assert rule in used, f"the rule {rule!r} is registered; add it to an example of clean in tests/contract/examples.py"


@every_stage
def test_an_example_shows_something(name: str, example: Example) -> None:
    found = ran(name, example)
    base = {row["_id"]: row for frame in example.records for row in frame.iter_rows(named=True)}
    assert found.dropped or found.stats or any(row != base[i] for i, row in found.kept.items())


@every_stage
def test_what_comes_in_is_kept_or_dropped_by_a_declared_rule(name: str, example: Example) -> None:
    found = ran(name, example)
    ids = [i for frame in example.records for i in frame["_id"]]
    assert sorted([*found.kept, *found.dropped]) == sorted(ids)
    typed = schema.parse(registry.stage(name).Params, example.params)
    assert {rule for rule, _ in found.dropped.values()} <= set(registry.stage(name).rules(typed))


@every_stage
def test_every_rule_names_params_that_exist(name: str, example: Example) -> None:
    stage = registry.stage(name)
    for rule, paths in stage.rules(schema.parse(stage.Params, example.params)).items():
        assert paths, f"{rule} depends on no param"
        for path in paths:
            assert re.split(r"[.\[]", path)[0] in schema.keys(stage.Params), (rule, path)
            assert re.fullmatch(r"\w+", path) or value(example.params, path) is not None, (rule, path)


@every_stage
def test_twice_is_once(name: str, example: Example) -> None:
    assert ran(name, example) == ran(name, example)


@every_stage
@given(st.data())
@few
def test_shards_may_be_cut_anywhere(name: str, example: Example, data: st.DataObject) -> None:
    assert ran(name, example, example.shards(data.draw(cuts))) == ran(name, example)


@every_stage
@pytest.mark.parametrize("parts", [2, 7])
def test_a_round_may_be_decided_in_any_number_of_partitions(name: str, example: Example, parts: int) -> None:
    assert ran(name, example, parts=parts) == ran(name, example)


def _votes_shuffled(step: Round, seed: int, rows: pl.DataFrame, params: Any) -> Decided:
    """Records keep their order, which is that of arrival; votes have none."""
    votes = rows.filter("annotation").sample(fraction=1.0, shuffle=True, seed=seed)
    return step.decide(pl.concat([votes, rows.filter(~pl.col("annotation"))]), params)


class Shuffled:
    """A stage whose rounds get the votes in another order."""

    def __init__(self, name: str, seed: int) -> None:
        self._stage, self._seed = registry.stage(name), seed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stage, name)

    def rounds(self, params: Any) -> tuple[Round, ...]:
        steps = self._stage.rounds(params)
        return tuple(step._replace(decide=partial(_votes_shuffled, step, self._seed)) for step in steps)


@every_stage
@given(st.integers(0, 1000))
@few
def test_the_order_of_annotations_does_not_matter(name: str, example: Example, seed: int) -> None:
    found = run(Shuffled(name, seed), example.params, example.shards(), example.sources)
    assert outcome(found) == ran(name, example)


@every_stage
@given(st.data())
@few
def test_a_delivery_may_come_in_any_order(name: str, example: Example, data: st.DataObject) -> None:
    """What a runner does with a shuffled delivery: it sorts by key."""
    seed = data.draw(st.integers(0, 1000))
    mixed = [f.sample(fraction=1.0, shuffle=True, seed=seed).sort("k") for f in example.records]
    votes = [f.sample(fraction=1.0, shuffle=True, seed=seed).sort("item", "who") for f in example.votes]
    assert ran(name, example._replace(records=tuple(mixed), votes=tuple(votes))) == ran(name, example)


@every_stage
def test_a_later_batch_leaves_what_was_decided(name: str, example: Example) -> None:
    if not example.settled:
        pytest.skip("the example says that a later batch may change what was decided")
    before = ran(name, example._replace(records=example.records[:-1]))
    after = ran(name, example)
    assert {i: after.kept.get(i) for i in before.kept} == before.kept
    assert {i: after.dropped.get(i) for i in before.dropped} == before.dropped


@every_stage
@given(st.sets(st.integers(0, 31)))
@few
def test_a_record_that_is_gone_is_nobodys_partner(name: str, example: Example, gone: set[int]) -> None:
    shards = [
        one._replace(alive=[int(i.rpartition("/")[2]) not in gone for i in one.frame["_id"]]) if one.source == "s" else one
        for one in example.shards()
    ]  # fmt: skip
    found = ran(name, example, shards)
    names = {f"s/{i}" for i in gone}
    assert names.isdisjoint(found.kept)
    assert names.isdisjoint(partner for _, partner in found.dropped.values())


def test_the_examples_have_a_stage_whose_later_batches_change_nothing() -> None:
    unsettled = {name for name, examples in EXAMPLES.items() if not any(e.settled for e in examples)}
    assert unsettled == set(), "say why an example is not settled only beside one that is"


WORLD = {"POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"}
TELL = "import json; from tests.contract.examples import digests; print(json.dumps(digests()))"


def test_threads_seeds_zones_and_languages_change_no_digest() -> None:
    root = Path(__file__).parents[2]
    env = {**os.environ, **WORLD, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, "-c", TELL], cwd=root, env=env, capture_output=True, check=True)
    there, here = json.loads(done.stdout), json.loads(json.dumps(digests()))
    assert {name: there[name] for name in here if there[name] != here[name]} == {}
    assert len(here) == len(CASES)
