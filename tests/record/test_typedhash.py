from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings

from dsv.errors import DsvError
from dsv.record import yaml12
from dsv.record.typedhash import encode, same, typed_hash
from tests.record.trees import TREES, typed

ALL_DIFFERENT = [
    1, 1.0, True, "1", "true", None, "null", "", [], {}, [[]], [{}], {"": None}, ["ab"], ["a", "b"], [1, 2], [2, 1], [12], -0.0, 0.0, 0,
    False, float("nan"), float("inf"), dt.date(2024, 1, 1), dt.datetime(2024, 1, 1), "2024-01-01", b"1", {1: 2}, {"1": 2}, {True: 2},
]  # fmt: skip


def test_values_of_different_type_or_shape_have_different_hashes() -> None:
    assert len({typed_hash(value) for value in ALL_DIFFERENT}) == len(ALL_DIFFERENT)


@settings(max_examples=300, deadline=None)
@given(TREES, TREES)
def test_the_encoding_is_equal_exactly_where_the_values_are(one: Any, other: Any) -> None:
    assert same(one, other) == (typed(one) == typed(other))


@given(TREES)
def test_the_order_of_keys_does_not_count(tree: Any) -> None:
    assert encode(_turned(tree)) == encode(tree)


def _turned(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _turned(tree[key]) for key in reversed(tree)}
    return [_turned(item) for item in tree] if isinstance(tree, list) else tree


@settings(deadline=None)
@given(TREES)
def test_a_value_keeps_its_hash_when_it_is_written_and_read(tree: Any) -> None:
    assert typed_hash(yaml12.load(yaml12.dump(tree))) == typed_hash(tree)


def test_the_hash_is_the_one_that_was_written_down() -> None:
    assert encode({"b": [1, 1.5], "a": None}) == b"m2:s1:ans1:bl2:i1;f3ff8000000000000;"


def test_a_value_within_itself_is_refused() -> None:
    with pytest.raises(DsvError, match="refers to itself"):
        typed_hash(yaml12.load("&a [*a]"))


def test_what_yaml_cannot_say_is_refused() -> None:
    with pytest.raises(DsvError, match="no plain value"):
        typed_hash(object())
