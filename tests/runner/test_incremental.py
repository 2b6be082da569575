"""Incremental by construction: after any history a run equals one from scratch, in every report, manifest and root."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv import errors
from tests.runner.histories import KEYS, PLAIN, STEPS, Deliver, Form, Lose, Plan, Step
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
