"""Incremental by construction: after any history a run equals one from scratch, in every report, manifest and root."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv import errors
from dsv.store.objects import file_md5
from tests import stranger
from tests.runner.histories import BODIES, KEYS, PLAIN, STEPS, Deliver, Forget, Form, Lose, Plan, Say, Step, Turn, files
from tests.runner.workshop import Workshop

BEGIN = Deliver("shop", [{"id": "1", "text": "a", "price": 1.5, "g": "x"}])


def check(history: list[Step], folder: Path) -> None:
    """Goes through the history; after each step what is built upon the last build equals a build from nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    shop, plan = Workshop(folder / "incremental"), Plan()
    for number, step in enumerate([BEGIN, *history]):
        if isinstance(step, Lose):
            lose(shop, step)
        next_plan = plan.after(step)
        scratch = Workshop(folder / f"scratch{number}")
        expected, found = outcome(scratch, next_plan), outcome(shop, next_plan)
        shutil.rmtree(scratch.layout.root)
        assert found == expected, step
        if "refused" not in expected:
            plan = next_plan


def outcome(shop: Workshop, plan: Plan, form: Form = PLAIN) -> dict[str, Any]:
    """What a build says; of one that is refused, why."""
    shop.write(plan.params(), plan.files(form))
    try:
        return shop.build()
    except errors.DsvError as error:
        return {"refused": f"{type(error).__name__}: {error.message}".replace(str(shop.layout.root), "")}


def lose(shop: Workshop, step: Lose) -> None:
    for path in (shop.objects() if step.cache == "objects" else shop.derived())[:: step.every]:
        path.unlink()


@given(st.lists(STEPS, min_size=1, max_size=6))
@settings(deadline=None, max_examples=8, derandomize=True)
def test_a_run_after_any_history_equals_a_run_from_scratch(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step]
) -> None:
    check(history, tmp_path_factory.getbasetemp() / "incremental")


@pytest.mark.long
@given(st.lists(STEPS, min_size=1, max_size=12))
@settings(deadline=None, max_examples=500)
def test_a_run_after_any_long_history_equals_a_run_from_scratch(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step]
) -> None:
    check(history, tmp_path_factory.getbasetemp() / "incremental")


def test_what_a_batch_replaced_stays_replaced_when_the_cache_lost_it(tmp_path: Path) -> None:
    again = Deliver("shop", [{"id": "1", "text": "b"}])
    shop, plan = Workshop(tmp_path / "project"), Plan().after(BEGIN).after(again)
    outcome(shop, plan)
    for path in (shop.layout.decisions("ingest") / "shop").rglob("*.parquet"):
        shop.store.remove(file_md5(path))
    plan = plan.after(Deliver("shop", [{"id": "2"}]))
    assert outcome(shop, plan) == outcome(Workshop(tmp_path / "scratch"), plan)


@pytest.mark.parametrize("step", [Turn("shop"), Forget("shop", 1)])
@pytest.mark.parametrize("conflict", ["replace", "keep"])
def test_what_another_order_of_deliveries_decides_is_decided_anew(tmp_path: Path, conflict: str, step: Step) -> None:
    again = Deliver("shop", [{"id": "1", "text": "b"}])
    shop, plan = Workshop(tmp_path / "project"), Plan().after(BEGIN).after(again).after(Say("shop", "on_conflict", conflict))
    outcome(shop, plan)
    plan = plan.after(step)
    assert outcome(shop, plan) == outcome(Workshop(tmp_path / "scratch"), plan)


def test_a_delivery_after_one_that_was_refused_is_built_as_from_scratch(tmp_path: Path) -> None:
    refused = Deliver("shop", [{"id": "1"}])
    check([Say("shop", "key", ["id", "text"]), refused, Deliver("shop", [])], tmp_path / "project")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_batch_of_equal_rows_has_ids_of_its_own(tmp_path: Path, workers: int) -> None:
    once = Deliver("notes", [{"text": "a", "g": "x"}])
    twice = Plan().after(once).after(once)
    together = Plan().after(Deliver("notes", once.rows * 2))
    apart, whole = (outcome(Workshop(tmp_path / n, workers), p) for n, p in (("apart", twice), ("whole", together)))
    assert apart["audit"]["dataset"] == whole["audit"]["dataset"]


def test_of_two_rows_of_one_key_the_later_counts_in_every_source(tmp_path: Path) -> None:
    one, two = {"id": "1", "text": "a"}, {"id": "1", "text": "b"}
    shop = Workshop(tmp_path / "project")
    body = {**BODIES["shop"], "license": "MIT", "batches": ["b0"]}
    params = {"dataset": "d", "sources": {"x": body, "y": body}}
    shop.write(params, {("x", "b0"): files("csv", [one, two]), ("y", "b0"): files("csv", [two, one])})
    root = shop.build()["audit"]["dataset"]["root"]
    assert root == stranger.root(stranger.Project(shop.layout.root, ["ingest"]))


def reshaped(history: list[Step], form: Form, folder: Path) -> None:
    """Builds the end of the history from files as they were given, and from files in another form."""
    shutil.rmtree(folder, ignore_errors=True)
    plan = Plan()
    for step in [BEGIN, *history]:
        plan = plan.after(step._replace(rows=unique(step)) if isinstance(step, Deliver) else step)
    one, two = outcome(Workshop(folder / "one"), plan), outcome(Workshop(folder / "two"), plan, form)
    assert two.get("refused") == one.get("refused")
    assert decided(two) == decided(one)


def unique(step: Deliver) -> list[dict[str, Any]]:
    """The rows without those whose key comes again: of two, the later in the file counts."""
    key = KEYS.get(step.source)
    return list({tuple(row[k] for k in key): row for row in step.rows}.values()) if key else step.rows


def decided(found: dict[str, Any]) -> dict[str, Any]:
    """What was decided: the data set, the counts, all decisions and shards. Not the digest of files, which did change."""
    reports = {name: report for name, report in found.items() if not name.endswith("manifest")}
    shards = {name: manifest["shards"] for name, manifest in found.items() if "shards" in manifest}
    batches = [b["shards"] for s in found.get("ingest manifest", {}).get("sources", ()) for b in s["batches"]]
    return {**reports, "shards": shards, "batches": batches}


FORMS = st.builds(Form, st.integers(1, 99), st.integers(1, 3))


@given(st.lists(STEPS, min_size=1, max_size=6), FORMS)
@settings(deadline=None, max_examples=8, derandomize=True)
def test_order_of_rows_and_columns_and_files_do_not_count(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step], form: Form
) -> None:
    reshaped(history, form, tmp_path_factory.getbasetemp() / "reshaped")


@pytest.mark.long
@given(st.lists(STEPS, min_size=1, max_size=12), FORMS)
@settings(deadline=None, max_examples=500)
def test_order_of_rows_and_columns_and_files_do_not_count_in_any_long_history(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step], form: Form
) -> None:
    reshaped(history, form, tmp_path_factory.getbasetemp() / "reshaped")
