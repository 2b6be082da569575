from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dsv.delta.columns import SchemaChange
from dsv.delta.model import Cause, Counts, RecordDelta
from dsv.pages import patterns, story
from dsv.pages.model import Report, Transition
from dsv.pages.story import Story
from tests.pages.reports import cause, report

CONTENT = cause("content", "shop/february", stage="ingest")


def changed(old: dict[str, Any], new: dict[str, Any], name: str = "shop/1") -> RecordDelta:
    return RecordDelta(name, "modified", old, new, CONTENT)


def gone(name: str) -> RecordDelta:
    return RecordDelta(name, "removed", {"a": 1}, None, cause("batch", "shop/february", None, "withdrawn", "ingest"))


def tell(made: Report) -> Story:
    return story.tell(made, patterns.find(made.deltas))


@pytest.mark.parametrize(
    ("counts", "columns", "headline"),
    [
        (Counts(0, 0, 0, 0, 1000), {}, "The same records"),
        (Counts(1, 0, 0, 0, 1000), {}, "1 record added"),
        (Counts(2000, 0, 0, 0, 1000), {}, "2,000 records added"),
        (Counts(0, 5, 3, 0, 992), {"price": 3}, "5 of 1,000 records removed, 3 modified in price"),
        (Counts(0, 0, 9, 0, 991), {"lat": 9, "lon": 8}, "9 of 1,000 records modified in lat and lon"),
        (Counts(0, 0, 9, 0, 991), dict.fromkeys("abcd", 9), "9 of 1,000 records modified"),
        (Counts(0, 0, 0, 7, 993), {}, "7 of 1,000 records moved to another split"),
    ],
)
def test_the_headline_counts_what_happened(counts: Counts, columns: dict[str, int], headline: str) -> None:
    assert tell(replace(report([]), counts=counts, columns=columns)).headline == headline


@pytest.mark.parametrize(
    ("pairs", "finding"),
    [
        (
            [({"lat": 1, "lon": 2}, {"lat": 2, "lon": 1}), ({"lat": 3, "lon": 4}, {"lat": 4, "lon": 3})],
            "lat and lon exchanged their values in 2 records",
        ),
        ([({"ch": 2}, {"ch": 1})] * 3, "ch: 2 → 1 in all 3"),
        ([({"ch": 2}, {"ch": 1})] * 3 + [({"ch": 5}, {"ch": 7})], "ch: 2 → 1 in 3 of 4"),
        ([({"t": f"A {i}"}, {"t": f"a {i} "}) for i in range(3)], "t: only case or spaces differ in all 3"),
        ([({"t": f"text {i}"}, {"t": None}) for i in range(3)], "t: emptied in all 3"),
        ([({"t": None}, {"t": f"text {i}"}) for i in range(3)], "t: filled in all 3"),
        ([({"t": f"{i} is long"}, {"t": f"{i} is"}) for i in range(3)], "t: cut short in all 3"),
        ([({"n": i}, {"n": i + i / 2}) for i in (2, 4, 60)], "n: +2 (median), from +1 to +30"),
    ],
)
def test_what_changes_have_in_common_is_found(pairs: list[Any], finding: str) -> None:
    assert tell(report([changed(old, new, f"shop/{i}") for i, (old, new) in enumerate(pairs)])).findings == [finding]


@pytest.mark.parametrize(
    "pairs",
    [
        [({"t": "one"}, {"t": "two"})],
        [({"t": f"a{i}"}, {"t": f"b{i}"}) for i in range(5)],
        # Equal values are not exchanged, nor what went to one side only.
        [({"a": 1, "b": 1}, {"a": 1, "b": 1}), ({"a": 1, "b": 2}, {"a": 2, "b": 3})],
    ],
)
def test_nothing_is_found_where_there_is_nothing(pairs: list[Any]) -> None:
    assert tell(report([changed(old, new) for old, new in pairs])).findings == []


def test_a_word_that_all_removed_ids_have_is_told() -> None:
    ids = [f"s/{i}_jason_0.wav" for i in range(3)]
    others = [*ids, *(f"s/{i}_{who}_0.wav" for i in range(3) for who in ("theo", "george"))]
    assert tell(replace(report([gone(name) for name in ids]), others=others)).findings == [
        "all removed records have “jason” in their id"
    ]


def test_a_word_that_the_other_ids_have_too_is_not() -> None:
    ids = [f"s/image_{i}.jpg" for i in range(3)]
    assert (
        tell(replace(report([gone(name) for name in ids]), others=[f"s/image_{i}.jpg" for i in range(9)])).findings
        == []
    )


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"counts": Counts(0, 200, 0, 0, 800)}, "20% of the records are gone. Was the delivery complete?"),
        ({"schema": SchemaChange(removed=("a", "b"))}, "Columns gone: a, b."),
        ({"schema": SchemaChange(renamed={"a": "b"})}, "Column renamed: a → b."),
        ({"schema": SchemaChange(retyped={"a": ("int64", "string")})}, "Column of another type: a int64 → string."),
        (
            {"splits": [Transition("train", "test", 1)]},
            "Records changed their split: figures on the old and on the new test set do not compare.",
        ),
        (
            {"causes": [(Cause("unexplained", "s", "x"), {"modified": 1}), (Cause("partner", "clean", "y", via=Cause("unexplained", "s", "x")), {"added": 1})]},
            "Nothing explains the change of 2 records: a stage is not deterministic.",
        ),
    ],
)
def test_what_calls_for_attention_is_said(changes: dict[str, Any], warning: str) -> None:
    assert tell(replace(report([]), **changes)).warnings == [warning]


@pytest.mark.parametrize(
    "changes",
    [
        {"counts": Counts(0, 199, 0, 0, 801)},
        {"schema": SchemaChange(added=("a",))},
        {"splits": [Transition(None, "test", 1)]},
    ],
)
def test_what_is_usual_calls_for_none(changes: dict[str, Any]) -> None:
    assert tell(replace(report([]), **changes)).warnings == []


@pytest.mark.parametrize(
    ("one", "phrase"),
    [
        (Cause("batch", "ingest", "s/v2", None, "withdrawn"), "withdrawn by delivery s/v2"),
        (Cause("batch", "ingest", "s/v2", None, "restored"), "back with delivery s/v2, as they had been"),
        (Cause("batch", "ingest", "s/v2", "added", "removed"), "of delivery s/v2, which is no longer there"),
        (Cause("content", "ingest", "s/v2"), "other values in delivery s/v2"),
        (Cause("annotation", "merge", "ann", None, "votes/r2"), "annotations by ann in votes/r2"),
        (Cause("annotation", "merge", "votes", None, "votes/r2"), "annotations in votes/r2"),
        (Cause("annotation", "merge", "ann", "votes/r1", None), "annotations by ann in votes/r1, which are gone"),
        (Cause("review", "merge", "eve", None, "votes/r3"), "reviews by eve in votes/r3"),
        (Cause("content", "ingest", "s/v2", None, "removed"), "as they were before delivery s/v2, which is gone"),
        (
            Cause("partner", "clean", "duplicate", via=Cause("content", "ingest", "s/v2")),
            "through another record (clean.duplicate), and that one: other values in delivery s/v2",
        ),
        (Cause("param", "clean", "clean.min", 3, 5), "clean.min 3 → 5"),
        (Cause("param", "clean", "clean.missing", None, True), "clean.missing added: true"),
        (Cause("code", "clean", "clean revision", 1, 2), "the code of clean (clean revision 1 → 2)"),
        (Cause("partner", "split", "quota"), "through another record (split.quota)"),
    ],
)
def test_a_cause_is_told_in_plain_words(one: Cause, phrase: str) -> None:
    assert tell(report([RecordDelta("shop/1", "modified", {"a": 1}, {"a": 2}, one)])).because == [phrase]


def test_a_story_of_a_sample_says_so() -> None:
    made = replace(report([changed({"a": 1}, {"a": 2})] * 2), counts=Counts(0, 0, 10, 0, 990))
    assert tell(made).findings[0] == "Looked at 2 of 10 changed records."
