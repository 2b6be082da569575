from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.errors import UsageError
from dsv.record.place import parse, put
from dsv.record.problem import path_text

NAMES = st.text(min_size=1, max_size=6)
PLACES = st.tuples(NAMES, st.lists(NAMES | st.integers(0, 99), max_size=4)).map(lambda found: (found[0], *found[1]))


@given(PLACES)
@settings(deadline=None, max_examples=200, derandomize=True)
def test_a_place_is_read_as_it_is_written(place: tuple[str | int, ...]) -> None:
    assert parse(path_text(place)) == place


@pytest.mark.parametrize("text", ["", ".", "[0]", "clean.", "clean..rules", "clean.rules[x]", "clean[0", 'a."b', "a]"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no place"):
        parse(text)


@pytest.mark.parametrize(
    ("tree", "place", "after"),
    [
        ({"split": {"salt": "v1"}}, "split.salt", {"split": {"salt": 5}}),
        ({"clean": None}, "clean.rules[0].range.min", {"clean": {"rules": [{"range": {"min": 5}}]}}),
        ({"clean": {"rules": [1, 2]}}, "clean.rules[1]", {"clean": {"rules": [1, 5]}}),
        ({"clean": {"rules": [1]}}, "clean.rules[1]", {"clean": {"rules": [1, 5]}}),
    ],
)
def test_a_value_is_put_in_its_place(tree: Any, place: str, after: Any) -> None:
    assert put(tree, parse(place), 5) == after


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("clean.rules[2]", "There is no clean.rules[2]: clean.rules has 1 items."),
        ("clean.rules.range", "There is no clean.rules.range: clean.rules is a list of 1, no mapping."),
        ("clean[0]", "There is no clean[0]: clean is a mapping with rules, no list."),
    ],
)
def test_a_place_that_cannot_be_is_told(place: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        put({"clean": {"rules": [1]}}, parse(place), 5)
    assert refused.value.message == told


def test_putting_leaves_the_tree_as_it_was() -> None:
    tree = {"a": [{"b": 1}]}
    put(tree, parse("a[0].b"), 2)
    assert tree == {"a": [{"b": 1}]}
