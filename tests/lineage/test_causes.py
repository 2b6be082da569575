from __future__ import annotations

from typing import Any

import pytest

from dsv.delta.model import Cause
from dsv.lineage import params
from dsv.lineage.causes import Arrival, Causes, Decision, Vote
from dsv.lineage.facts import BatchFacts, Facts, StageFacts
from dsv.lineage.params import Pair

OLD, NEW, AGAIN = BatchFacts("1", {"null": [""]}), BatchFacts("2", {"null": [""]}), BatchFacts("3", {"null": [""]})
READ_OTHERWISE = BatchFacts("1", {"null": ["", "NA"]})


def deliveries(a: dict[str, BatchFacts], b: dict[str, BatchFacts]) -> Causes:
    return Causes(Facts({}, {"s": a}), Facts({}, {"s": b}))


@pytest.mark.parametrize(
    ("arrival", "cause"),
    [
        (Arrival("s", None, "new"), Cause("batch", "ingest", "s/new", None, "added")),
        (Arrival("s", None, None, "withdrawn", "new"), Cause("batch", "ingest", "s/new", None, "withdrawn")),
        (Arrival("s", None, None, "superseded", "new", True), Cause("content", "ingest", "s/new")),
        (Arrival("s", "old", "new"), Cause("content", "ingest", "s/new")),
        (Arrival("s", "old", "old"), Cause("content", "ingest", "s/new")),
    ],
)
def test_what_a_new_delivery_did(arrival: Arrival, cause: Cause) -> None:
    assert deliveries({"old": OLD}, {"old": OLD, "new": NEW}).arrival(arrival) == cause


@pytest.mark.parametrize(
    ("now", "arrival", "cause"),
    [
        ({}, Arrival("s", "old", None), Cause("batch", "ingest", "s/old", None, "removed")),
        ({"old": AGAIN}, Arrival("s", "old", None), Cause("batch", "ingest", "s/old", None, "replaced")),
        ({"old": AGAIN}, Arrival("s", "old", "old"), Cause("content", "ingest", "s/old")),
        ({"old": READ_OTHERWISE}, Arrival("s", "old", "old"), Cause("param", "ingest", "sources.s.null", [""], ["", "NA"])),
        ({"old": OLD}, Arrival("s", "old", None), Cause("unexplained", "ingest", "ingest")),
    ],
)  # fmt: skip
def test_a_delivery_that_went_was_replaced_or_is_read_otherwise(now: dict[str, BatchFacts], arrival: Arrival, cause: Cause) -> None:
    assert deliveries({"old": OLD}, now).arrival(arrival) == cause


@pytest.mark.parametrize("arrival", [Arrival("s", "old", None), Arrival("s", None, "old")])
def test_another_key_gives_other_ids_whatever_else_became_of_the_delivery(arrival: Arrival) -> None:
    old, new = (BatchFacts(raw, {"key": [key]}) for raw, key in (("1", "id"), ("2", "isbn")))
    assert deliveries({"old": old}, {"old": new}).arrival(arrival) == Cause("param", "ingest", "sources.s.key", ["id"], ["isbn"])


def clean(*rules: dict[str, Any]) -> StageFacts:
    """A stage of rules, each of which depends on nothing but itself, named by its id or kind."""
    labels = {rule.get("id", kind): f"rules[{i}].{kind}" for i, each in enumerate(rules) for kind, rule in each.items()}
    return StageFacts("clean", "clean", 1, "", {"rules": list(rules)}, {k: (v,) for k, v in labels.items()}, {"rules": list(rules)})


def decided(was: StageFacts, now: StageFacts, rule: str, side: str = "b") -> Cause | None:
    return Causes(Facts({"clean": was}, {}), Facts({"clean": now}, {})).decision(Decision("clean", rule, side))


LONG, CHEAP = {"length": {"min": 3}}, {"range": {"column": "price", "max": 10}}


def test_two_params_changed_at_once_are_told_apart_by_the_rule() -> None:
    now = clean({"length": {"min": 5}}, {"range": {"column": "price", "max": 8}})
    assert decided(clean(LONG, CHEAP), now, "length") == Cause("param", "clean", "clean.rules[0].length.min", 3, 5)
    assert decided(clean(LONG, CHEAP), now, "range") == Cause("param", "clean", "clean.rules[1].range.max", 10, 8)


def test_a_rule_that_came_or_went_is_told_as_it_is_written() -> None:
    assert decided(clean(LONG), clean(LONG, CHEAP), "range") == Cause("param", "clean", "clean.range", None, CHEAP["range"])
    assert decided(clean(LONG, CHEAP), clean(LONG), "range", "a") == Cause("param", "clean", "clean.range", CHEAP["range"], None)


def test_a_rule_that_was_moved_or_renamed_stays_itself() -> None:
    renamed = {"range": {"id": "cheap", **CHEAP["range"]}}
    assert params.pairs(clean(LONG, CHEAP), clean(renamed, LONG)) == [Pair("length", "length"), Pair("range", "cheap")]
    assert decided(clean(LONG, CHEAP), clean(renamed, LONG), "cheap") is None


def test_a_rule_put_before_another_of_its_kind_is_the_new_one() -> None:
    age = {"range": {"id": "range#2", **CHEAP["range"]}}
    first = {"range": {"column": "age", "max": 99}}
    assert decided(clean(CHEAP), clean(first, age), "range") == Cause("param", "clean", "clean.range", None, first["range"])
    assert decided(clean(CHEAP), clean(first, age), "range#2") is None


def test_several_leaves_of_one_rule_are_one_change_of_what_holds_them() -> None:
    found = params.change({"a": {"x": 1, "y": 2, "z": 3}}, {"a": {"x": 1, "y": 4, "z": 5}}, "s")
    assert found == ("s.a", {"y": 2, "z": 3}, {"y": 4, "z": 5})


def test_true_and_one_are_different_params() -> None:
    assert params.change({"a": True}, {"a": 1}, "s") == ("s.a", True, 1)


@pytest.mark.parametrize(
    ("votes", "cause"),
    [
        ([Vote("merge", "ann", "s", "new", "b")], Cause("annotation", "merge", "ann", None, "s/new")),
        ([Vote("merge", "ann", "s", "old", "a")], Cause("annotation", "merge", "ann", "s/old", None)),
        ([Vote("merge", "bob", "s", "new", "b"), Vote("merge", "ann", "s", "old", "a")], Cause("annotation", "merge", "ann, bob", None, "s/new")),
        ([Vote("merge", who, "s", "new", "b") for who in "abc"], Cause("annotation", "merge", "several annotators", None, "s/new")),
        ([Vote("merge", "eve", "s", "new", "b", True)], Cause("review", "merge", "eve", None, "s/new")),
    ],
)  # fmt: skip
def test_other_annotations_are_told_by_who_made_them(votes: list[Vote], cause: Cause) -> None:
    assert deliveries({"old": OLD}, {"old": OLD, "new": NEW}).vote(votes) == cause


def stages(*names: str) -> Facts:
    return Facts({name: StageFacts(name, "clean", 1) for name in names}, {})


@pytest.mark.parametrize(
    ("stage", "orders"),
    [("s", None), ("a", (["a", "b"], ["b", "a"])), ("b", (["a", "b"], ["b", "a"])), ("t", (["a", "b"], ["b", "a"])), ("gone", None)],
)  # fmt: skip
def test_an_order_of_stages_explains_only_what_is_decided_after_them(stage: str, orders: tuple[list[str], list[str]] | None) -> None:
    found = Causes(stages("s", "a", "b", "t"), stages("s", "b", "a", "t")).order_of_stages(stage)
    assert found == (None if orders is None else Cause("param", stage, "stages", *orders))


def test_two_stages_that_set_the_same_are_told_by_their_order_alone() -> None:
    causes = Causes(stages("a", "b", "c", "d"), stages("b", "a", "d", "c"))
    assert causes.last_word(["a", "b"]) == Cause("param", "a", "stages", ["a", "b"], ["b", "a"])
    assert causes.last_word(["a", "c"]) is None
