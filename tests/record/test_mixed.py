from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.record.mixed import mix
from dsv.record.problem import path_text
from dsv.record.typedhash import same

SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"])
TREES = st.recursive(SCALARS, lambda of: st.lists(of, max_size=3) | st.dictionaries(st.sampled_from("xyz"), of, max_size=3), max_leaves=8)  # fmt: skip
SOURCE = st.fixed_dictionaries({"key": st.sampled_from(["id", "n"]), "batches": st.lists(st.sampled_from(["b1", "b2", "b3"]), unique=True, min_size=1)})  # fmt: skip
RULES = st.lists(
    st.sampled_from([{"range": {"min": 0}}, {"range": {"min": 1}}, {"missing": {}}, {"date": {}}]), max_size=3
)
PARAMS = st.fixed_dictionaries(
    {"sources": st.dictionaries(st.sampled_from(["shop", "votes"]), SOURCE)},
    optional={"clean": st.fixed_dictionaries({"rules": RULES}), "split": TREES, "merge": TREES},
)


@given(PARAMS | TREES, PARAMS | TREES)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_all_of_the_differences_make_the_new_tree_and_none_the_old(old: Any, new: Any) -> None:
    mixed = mix(old, new)
    assert same(mixed.value(lambda i: False), old)
    assert same(mixed.value(lambda i: True), new)
    assert bool(mixed.units) == (not same(old, new) or order(old) != order(new))


def order(tree: Any) -> list[list[str]]:
    """The order of names where it counts: of stages and of sources."""
    sources = tree.get("sources") if isinstance(tree, dict) else None
    return [list(one) if isinstance(one, dict) else [] for one in (tree, sources)]


@given(PARAMS, PARAMS, st.integers(0, 20))
@settings(deadline=None, max_examples=100, derandomize=True)
def test_each_difference_that_is_taken_is_one_less_to_the_new_tree(old: Any, new: Any, count: int) -> None:
    mixed = mix(old, new)
    units = len(mixed.units)
    taken = min(count, units)
    assert len(mix(mixed.value(lambda i: i < taken), new).units) <= units - taken


SOURCES = {"shop": {"key": ["id"], "batches": ["b1"]}}
STEPS = [
    ({"sources": SOURCES}, {"sources": {"shop": {"key": ["id"], "batches": ["b1", "b2"]}}}, ["sources.shop.batches[1]"]),
    ({"sources": SOURCES}, {"sources": {**SOURCES, "votes": {"batches": ["r1", "r2"]}}}, ["sources.votes", "sources.votes.batches[1]"]),
    ({"clean": {"rules": [{"range": {"min": 0}}]}}, {"clean": {"rules": [{"missing": {}}, {"range": {"min": 1}}]}}, ["clean.rules[0]", "clean.rules[1].range.min"]),
    ({"clean": {"rules": [{"a": 1}, {"b": 1}]}}, {"clean": {"rules": [{"b": 1}, {"a": 1}]}}, ["clean.rules"]),
    ({"split": {"fractions": {"train": 1}}}, {"split": {"fractions": {"train": 0.5, "test": 0.5}}}, ["split.fractions.train", "split.fractions.test"]),
    ({"a": {}, "b": {}}, {"b": {}, "a": {}}, [""]),
    ({"clean": {"columns": ["a"]}}, {"clean": {"columns": ["a", "b"]}}, ["clean.columns"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "paths"), STEPS)
def test_the_differences_have_the_paths_that_people_would_name(old: Any, new: Any, paths: list[str]) -> None:
    assert [path_text(unit.path) for unit in mix(old, new).units] == paths


def test_one_rule_of_two_that_came_stands_where_it_belongs() -> None:
    old, new = {"rules": [{"b": 1}]}, {"rules": [{"a": 1}, {"b": 1}, {"c": 1}]}
    assert mix(old, new).value(lambda i: i == 1) == {"rules": [{"b": 1}, {"c": 1}]}
