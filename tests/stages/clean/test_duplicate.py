from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from dsv.record import schema
from dsv.stages import clean
from dsv.stages.base import SourceFacts
from tests.stages.harness import Ran, run, shard


def ran(
    params: dict[str, Any], *frames: dict[str, Any], before: list[Any] | None = None, after: list[Any] | None = None
) -> Ran:
    rules = [*(before or []), {"duplicate": params}, *(after or [])]
    return run(clean, {"rules": rules}, [shard(frame) for frame in frames])


def test_the_first_is_kept_across_shards() -> None:
    found = ran({"columns": ["t"]}, {"t": ["a", "b"]}, {"t": ["b", "c", "a"]}, {"t": ["b"]})
    assert found.drops == {"s/2": ("duplicate", "s/1"), "s/4": ("duplicate", "s/0"), "s/5": ("duplicate", "s/1")}


def test_figures_count_what_was_compared_and_what_occurs_again() -> None:
    params = schema.parse(clean.Params, {"rules": [{"duplicate": {"columns": ["t"]}}]}, "clean")
    found = ran({"columns": ["t"]}, {"t": ["a", "b"]}, {"t": ["b", "c", "b"]})
    assert clean.summary(found.stats, params) == {"duplicate": {"compared": 5, "repeated": 1}}


def test_nulls_are_equal_unless_they_differ() -> None:
    frame = {"t": ["a", "a", None, None], "u": [None, None, None, None]}
    assert ran({"columns": ["t", "u"]}, frame).drops == {"s/1": ("duplicate", "s/0"), "s/3": ("duplicate", "s/2")}
    assert ran({"columns": ["t", "u"], "nulls": "differ"}, frame).drops == {}


def test_a_column_that_a_shard_lacks_is_null_there() -> None:
    assert ran({"columns": ["t", "u"]}, {"t": ["a"], "u": [None]}, {"t": ["a"]}).drops == {"s/1": ("duplicate", "s/0")}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [(0.0, -0.0, True), (float("nan"), float("nan"), True), ("1", 1, False), (1, 1.0, False), ([1, 2], [1, 2], True),
     ({"a": 1}, {"a": 1}, True), (dt.date(2026, 1, 1), dt.datetime(2026, 1, 1), False), ("é", "e\u0301", False)],
)  # fmt: skip
def test_values_are_equal_where_their_record_hash_is(one: Any, other: Any, equal: bool) -> None:
    assert bool(ran({"columns": ["t"]}, {"t": [one]}, {"t": [other]}).drops) is equal


def test_columns_may_be_left_out_of_the_comparison() -> None:
    frames = {"n": [1, 2], "t": ["a", "a"], "w": [5, 5]}
    assert ran({}, frames).drops == {}
    assert ran({"except": ["n"]}, frames).drops == {"s/1": ("duplicate", "s/0")}


def test_copies_of_another_source_count_unless_they_are_looked_for_within_one() -> None:
    shards = [shard({"t": ["a"]}, source="s"), shard({"t": ["a", "a"]}, source="z")]
    everywhere = run(clean, {"rules": [{"duplicate": {"columns": ["t"]}}]}, shards)
    assert everywhere.drops == {"z/0": ("duplicate", "s/0"), "z/1": ("duplicate", "s/0")}
    within = run(clean, {"rules": [{"duplicate": {"columns": ["t"], "within": "source"}}]}, shards)
    assert within.drops == {"z/1": ("duplicate", "z/0")}


def test_a_rule_may_look_at_some_sources_only() -> None:
    shards = [shard({"t": ["a", None]}, source="s"), shard({"t": ["a", None]}, source="z")]
    rules = [{"missing": {"columns": ["t"], "sources": ["z"]}}, {"duplicate": {"columns": ["t"], "sources": ["s"]}}]
    assert run(clean, {"rules": rules}, shards).drops == {"z/1": ("missing", None)}


def test_a_record_that_an_earlier_rule_dropped_is_no_first_copy() -> None:
    frame = {"t": ["a", "a", "a"], "n": [-1, 1, 2]}
    found = ran({"columns": ["t"]}, frame, before=[{"range": {"column": "n", "min": 0}}])
    assert found.drops == {"s/0": ("range", None), "s/2": ("duplicate", "s/1")}


def test_a_record_that_a_later_rule_drops_is_a_first_copy() -> None:
    frame = {"t": ["a", "a"], "n": [-1, 1]}
    found = ran({"columns": ["t"]}, frame, after=[{"range": {"column": "n", "min": 0}}])
    assert found.drops == {"s/0": ("range", None), "s/1": ("duplicate", "s/0")}


def test_a_record_that_an_earlier_stage_dropped_is_no_first_copy() -> None:
    found = run(clean, {"rules": [{"duplicate": {"columns": ["t"]}}]}, [shard({"t": ["a", "a"]}, alive=[False, True])])
    assert found.drops == {}


def test_a_copy_of_a_copy_of_another_rule_is_compared_with_what_is_left() -> None:
    frame = {"t": ["a", "a", "b"], "u": ["x", "y", "y"]}
    rules = [{"duplicate": {"columns": ["t"]}}, {"duplicate": {"columns": ["u"]}}]
    # The second y is compared with no one: the first went with its t.
    assert run(clean, {"rules": rules}, [shard(frame)]).drops == {"s/1": ("duplicate", "s/0")}


def test_values_set_before_count_and_values_set_after_do_not() -> None:
    lower = [{"text": {"columns": ["t"], "case": "lower"}}]
    assert ran({"columns": ["t"]}, {"t": ["A", "a"]}, before=lower).drops == {"s/1": ("duplicate", "s/0")}
    found = ran({"columns": ["t"]}, {"t": ["A", "a", "A"]}, after=lower)
    assert found.drops == {"s/2": ("duplicate", "s/0")}
    assert [name for name, *_ in found.sets] == ["s/0"]


def test_the_key_of_a_record_does_not_count_where_whole_records_are_compared() -> None:
    class WithKey(SourceFacts):
        key = ("n",)

    found = run(
        clean,
        {"rules": [{"duplicate": {}}]},
        [shard({"n": [1, 2], "t": ["a", "a"]})],
        sources={"s": WithKey("s", "records")},
    )
    assert found.drops == {"s/1": ("duplicate", "s/0")}


def test_columns_of_any_type_are_compared() -> None:
    values = [b"x", True, dt.time(1), dt.timedelta(1), [{"a": [1.5]}]]
    frame = pl.DataFrame({f"c{i}": [v, v] for i, v in enumerate(values)})
    assert run(clean, {"rules": [{"duplicate": {}}]}, [shard(frame)]).drops == {"s/1": ("duplicate", "s/0")}


def test_what_would_be_set_of_copies_alone_is_no_decision() -> None:
    """All rows of the second shard go: one by a rule of its own, the others before the rule that would set their values."""
    fill, cheap = {"fill": {"column": "g", "value": "x"}}, {"range": {"column": "p", "min": 0}}
    found = ran({"columns": ["t"]}, {"t": ["a"], "p": [1], "g": ["y"]}, {"t": ["a", "b"], "p": [1, -1], "g": [None, None]}, before=[cheap], after=[fill])
    assert found.drops == {"s/1": ("duplicate", "s/0"), "s/2": ("range", None)}
    assert all(not decisions.assigned for decisions in found.decisions)
