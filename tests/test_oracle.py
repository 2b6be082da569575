"""Ids, values, labels and splits of random histories, against an implementation in plain dictionaries."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsv
from dsv import errors
from tests.oracle import predict
from tests.runner.histories import STEPS, Deliver, Lose, Plan, Say, Section, Step
from tests.runner.workshop import Workshop

BEGIN = Deliver("shop", [{"id": "1", "text": "a", "price": 1.5, "g": "x"}, {"id": "2", "text": "a", "g": "y"}])


def foreseen(step: Step) -> bool:
    """Whether the oracle knows of such steps."""
    match step:
        case Deliver(source) if source == "boxes":
            return False
        case Section(name, params):
            return name != "merge-boxes" and (params or {}).get("method") != "fresh"
        case Say(_, key):
            return key != "rename"
    return not isinstance(step, Lose)


def compare(history: list[Step], folder: Path) -> None:
    """Builds the history step by step; the data set has the records that are predicted."""
    shutil.rmtree(folder, ignore_errors=True)
    shop, plan = Workshop(folder), Plan()
    for step in [BEGIN, *history]:
        next_plan = plan.after(step)
        shop.write(next_plan.params(), next_plan.files())
        try:
            shop.build()
        except errors.DsvError:
            continue
        plan = next_plan
    shop.write(plan.params(), plan.files())
    shop.build()
    assert loaded(folder) == predict(plan.params(), plan.deliveries)


def loaded(folder: Path, rev: str = ".") -> dict[str, dict[str, Any]]:
    """id → values that are there."""
    rows = dsv.load(rev, path=folder).to_polars().to_dicts()
    return {row.pop("_id"): {name: value for name, value in row.items() if value is not None} for row in rows}


HISTORY = st.lists(STEPS.filter(foreseen), min_size=1, max_size=6)


@given(HISTORY)
@settings(deadline=None, max_examples=10, derandomize=True)
def test_records_labels_and_splits_are_those_of_dictionaries(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step]
) -> None:
    compare(history, tmp_path_factory.getbasetemp() / "oracle")


@pytest.mark.long
@given(st.lists(STEPS.filter(foreseen), min_size=1, max_size=15))
@settings(deadline=None, max_examples=500)
def test_records_labels_and_splits_of_long_histories_are_those_of_dictionaries(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step]
) -> None:
    compare(history, tmp_path_factory.getbasetemp() / "oracle")
