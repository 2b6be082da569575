from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.record import threeway
from dsv.record.threeway import ABSENT, merge
from dsv.record.typedhash import same
from tests.record.trees import TREES


def rule(kind: str, **params: Any) -> dict[str, Any]:
    return {kind: params}


A, B = rule("missing", columns=["a"]), rule("duplicate", columns=["b"])
CLEAN = [
    # what, base, ours, theirs, merged
    ("one side changed", {"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 3}, {"a": 2, "b": 3}),
    ("both alike", {"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}),
    ("added and removed", {"a": 1, "b": 1}, {"b": 1, "c": 1}, {"a": 1, "b": 1, "d": 1}, {"b": 1, "c": 1, "d": 1}),
    ("batches, ours first", ["1"], ["1", "x"], ["1", "y"], ["1", "x", "y"]),
    ("no base", ABSENT, {"a": [1, 2]}, {"a": [1, 3]}, {"a": [1, 2, 3]}),
    ("an item taken away", ["1", "2"], ["2"], ["1", "2", "3"], ["2", "3"]),
    ("a batch that says more", ["1", {"name": "2"}], ["1", {"name": "2", "header": False}], ["1", {"name": "2"}, "3"], ["1", {"name": "2", "header": False}, "3"]),
    ("rules of both sides", [A], [A, rule("range", column="p", min=1)], [B, A], [B, A, rule("range", column="p", min=1)]),
    ("one rule from both sides", [rule("range", column="p", min=1, max=5)], [rule("range", column="p", min=2, max=5)], [rule("range", column="p", min=1, max=9)], [rule("range", column="p", min=2, max=9)]),
    ("new rules of one kind for two columns", [], [rule("range", column="p", min=1)], [rule("range", column="q", min=2)], [rule("range", column="p", min=1), rule("range", column="q", min=2)]),
    ("a rule moved and another changed", [A, B], [B, A], [A, rule("duplicate", columns=["c"])], [rule("duplicate", columns=["c"]), A]),
]  # fmt: skip


@pytest.mark.parametrize(("base", "ours", "theirs", "merged"), [case[1:] for case in CLEAN], ids=[c[0] for c in CLEAN])
def test_what_is_no_conflict_is_merged(base: Any, ours: Any, theirs: Any, merged: Any) -> None:
    found = merge(base, ours, theirs)
    assert found == (merged, ())
    assert not isinstance(merged, dict) or list(found.value) == list(merged)


CONFLICTS = [
    ("a value", {"a": 1}, {"a": 2}, {"a": 3}, "a"),
    ("types count", {"a": 0}, {"a": 1}, {"a": True}, "a"),
    ("changed and taken away", {"a": {"b": 1}}, {}, {"a": {"b": 2}}, "a"),
    ("a key is one value", {"key": ["a"]}, {"key": ["a", "b"]}, {"key": ["a", "c"]}, "key"),
    ("a param of a rule", {"r": [A, rule("range", column="p", min=1)]}, {"r": [A, rule("range", column="p", min=2)]}, {"r": [A, rule("range", column="p", min=3)]}, "r[1].range.min"),
    ("a new rule for one column", {"r": []}, {"r": [rule("range", column="p", min=2)]}, {"r": [rule("range", column="p", min=3)]}, "r[0].range.min"),
    ("an item twice", {"r": [1]}, {"r": [1, 1]}, {"r": [1, 2]}, "r"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "ours", "theirs", "path"), [c[1:] for c in CONFLICTS], ids=[c[0] for c in CONFLICTS])
def test_a_conflict_is_told_by_its_path_and_chosen(base: Any, ours: Any, theirs: Any, path: str) -> None:
    assert [conflict.name for conflict in merge(base, ours, theirs).conflicts] == [path]
    assert merge(base, ours, theirs).value == ours
    assert merge(base, ours, theirs, threeway.theirs).value == theirs


@settings(deadline=None, max_examples=60, derandomize=True)
@given(TREES, TREES)
def test_a_side_that_changed_nothing_has_no_say(base: Any, other: Any) -> None:
    for found in (merge(base, base, other), merge(base, other, base), merge(base, other, other)):
        assert found.conflicts == ()
        assert same(found.value, other)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(*[st.lists(st.integers(0, 9), unique=True)] * 3)
def test_lists_have_what_a_side_added_and_not_what_a_side_took(
    base: list[int], ours: list[int], theirs: list[int]
) -> None:
    found = merge(base, ours, theirs)
    kept = set(base) & set(ours) & set(theirs)
    assert (set(found.value), found.conflicts) == (kept | (set(ours) - set(base)) | (set(theirs) - set(base)), ())
