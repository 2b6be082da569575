"""Incremental by construction: after any history a run equals one from scratch, in every report, manifest and root."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from dsv import errors
from tests.runner.histories import STEPS, Deliver, Lose, Plan, Step
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
        note(f"after {step}")
        assert found == expected, step
        if "refused" not in expected:
            plan = next_plan


def outcome(shop: Workshop, plan: Plan) -> dict[str, Any]:
    """What a build says; of one that is refused, why."""
    shop.write(plan.params(), plan.deliveries)
    try:
        return shop.build()
    except errors.DsvError as error:
        return {"refused": f"{type(error).__name__}: {error.message}".replace(str(shop.layout.root), "")}


def lose(shop: Workshop, step: Lose) -> None:
    for path in (shop.objects() if step.cache == "objects" else shop.derived())[:: step.every]:
        path.unlink()


@given(st.lists(STEPS, min_size=1, max_size=6))
@settings(deadline=None, max_examples=12, derandomize=True)
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
