"""Conditions on the command line: `diff --where`, `why --find`."""

from __future__ import annotations

import polars as pl
import pytest

from dsv import errors
from dsv.table.where import mask
from tests.cli.story import Story

DIFF = ("diff", "v1.0.0", "HEAD", "--records", "--where")
NONE = ["price >", "nosuch > 1", "1", "'x'", "id"]


@pytest.mark.parametrize("where", [*NONE, "from_price", "CAST(to_text AS INT) > 1"])
def test_a_diff_refuses_what_is_no_condition(story: Story, where: str) -> None:
    told = story.dsv(*DIFF, where)
    assert told.endswith("--- exit 2\n")
    assert f"--- stderr\nerror: {where!r} is no " in told


@pytest.mark.parametrize("where", NONE)
def test_why_refuses_what_is_no_condition(story: Story, where: str) -> None:
    told = story.dsv("why", "--find", where)
    assert told.endswith("--- exit 2\n")
    assert f"--- stderr\nerror: {where!r} is no " in told


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("1 = 1", ["shop/2", "shop/7", "shop/3"]),
        ("1 = 0", []),
        ("NULL", []),
        ("from_price IS NULL", ["shop/7"]),
        ("to_price IS NULL", ["shop/3"]),
        ("from_price > 4 AND to_price > 4", ["shop/2"]),
        ("from_text LIKE '%a%' OR to_text LIKE 'new'", ["shop/2", "shop/7"]),
        ("id LIKE '%3'", ["shop/3"]),
    ],
)
def test_a_diff_lists_the_records_for_which_a_condition_holds(story: Story, where: str, ids: list[str]) -> None:
    lines = story.dsv(*DIFF, where, "--format", "jsonl").splitlines()[1:]
    found = [line.split('"id": "', 1)[1].split('"', 1)[0] for line in lines]
    assert sorted(found) == sorted(ids)


def test_a_mask_is_as_long_as_its_frame() -> None:
    frame = pl.DataFrame({"x": [1, None, 3]})
    assert mask("x > 1", frame).to_list() == [False, False, True]
    assert mask("1 = 1", frame).to_list() == [True, True, True]
    assert mask("1 = 1", frame.clear()).to_list() == []
    with pytest.raises(errors.UsageError, match="is no condition: its values are int"):
        mask("x", frame)
