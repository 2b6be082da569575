from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.record.changes import changes
from dsv.record.typedhash import same
from tests.record.trees import TREES

MISSING = {"missing": {"columns": ["text"]}}
PRICE = {"range": {"column": "price", "min": 0}}
AGE = {"range": {"column": "age", "min": 18}}
DUPLICATE = {"duplicate": {"columns": ["text"]}}

CASES = {
    "a leaf": ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", 1, 2)]),
    "a type": ({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)]),
    "a bool": ({"a": 1}, {"a": True}, [("a", 1, True)]),
    "a new key": ({"a": {}}, {"a": {"b": {"c": 1}}}, [("a.b", None, {"c": 1})]),
    "a key gone": ({"a": 1, "b": 2}, {"b": 2}, [("a", 1, None)]),
    "keys in another order": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
    "a list of values": ({"c": ["x"]}, {"c": ["x", "y"]}, [("c", ["x"], ["x", "y"])]),
    "a dotted key": ({"a.b": 1}, {"a.b": 2}, [('"a.b"', 1, 2)]),
    "a word as key": ({None: [""]}, {None: []}, [("null", [""], [])]),
    "another shape": ({"a": [1]}, {"a": {"b": 1}}, [("a", [1], {"b": 1})]),
}
RULES = {
    "a param of a rule": (
        [MISSING, PRICE],
        [MISSING, {"range": {"column": "price", "min": 1}}],
        [("rules[1].range.min", 0, 1)],
    ),
    "a rule in front": ([PRICE], [MISSING, PRICE], [("rules[0].missing", None, MISSING["missing"])]),
    "a rule between": ([PRICE, AGE], [PRICE, DUPLICATE, AGE], [("rules[1].duplicate", None, DUPLICATE["duplicate"])]),
    "the first of two of a name gone": ([PRICE, AGE], [AGE], [("rules[0].range", PRICE["range"], None)]),
    "a rule swapped for another": (
        [MISSING, PRICE],
        [DUPLICATE, PRICE],
        [("rules[0].duplicate", None, DUPLICATE["duplicate"]), ("rules[0].missing", MISSING["missing"], None)],
    ),
    "rules in another order": (
        [MISSING, PRICE],
        [PRICE, MISSING],
        [("rules", ["missing", "range"], ["range", "missing"])],
    ),
    "a param added": ([{"range": {"column": "price"}}], [PRICE], [("rules[0].range.min", None, 0)]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_difference_has_its_path_and_both_values(name: str) -> None:
    old, new, expected = CASES[name]
    assert changes(old, new) == expected


@pytest.mark.parametrize("name", RULES)
def test_rules_are_compared_with_the_rule_they_were(name: str) -> None:
    old, new, expected = RULES[name]
    assert changes({"rules": old}, {"rules": new}) == expected


def test_the_prefix_stands_before_every_path() -> None:
    assert changes({"rules": []}, {"rules": [1]}, "clean") == [("clean.rules", [], [1])]


def test_two_single_values_differ_at_the_prefix_itself() -> None:
    assert changes(1, 2, "clean") == [("clean", 1, 2)]


@settings(max_examples=300, deadline=None)
@given(TREES, TREES)
def test_there_is_no_difference_exactly_where_the_trees_are_the_same(old: Any, new: Any) -> None:
    assert (changes(old, new) == []) == same(old, new)


RULE = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 2), min_size=1, max_size=1)


@settings(max_examples=300, deadline=None)
@given(st.lists(RULE, min_size=1, max_size=5), st.lists(RULE, min_size=1, max_size=5))
def test_there_are_never_more_differences_than_rules_and_an_order(old: list[Any], new: list[Any]) -> None:
    assert len(changes(old, new)) <= len(old) + len(new) + 1


@given(st.lists(RULE, min_size=1, max_size=5), st.integers(0, 5))
def test_one_rule_put_anywhere_is_one_difference(old: list[Any], at: int) -> None:
    new = [*old[:at], {"new": 1}, *old[at:]]
    assert changes({"r": old}, {"r": new}) == [(f"r[{min(at, len(old))}].new", None, 1)]
