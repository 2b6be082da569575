from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.errors import DsvError
from dsv.stages import ballots, merge
from dsv.stages.agreement import agreement, observe
from dsv.stages.base import SourceFacts
from dsv.stages.matching import fuse, overlap
from tests.stages.harness import Ran, run, shard

SOURCES = {
    "s": SourceFacts("s", "records"),
    "votes": SourceFacts("votes", "annotations", of="s", item="item", annotator="who", value="value"),
}


def merged(votes: list[tuple[str, str, str]], items: list[str], **params: Any) -> Ran:
    frame = pl.DataFrame(votes, schema={"item": pl.String, "who": pl.String, "value": pl.String}, orient="row")
    records = shard({"_id": [f"s/{i}" for i in items]})
    return run(merge, params, [records, shard(frame, source="votes", kind="annotations")], SOURCES)


def labels(found: Ran) -> dict[str, str | None]:
    return dict(found.values.select("_id", "label").iter_rows())


def test_the_majority_wins_and_a_tie_is_queued() -> None:
    votes = [("1", "a", "x"), ("1", "b", "x"), ("1", "c", "y"), ("2", "a", "x"), ("2", "b", "y")]
    assert labels(merged(votes, ["1", "2", "3"])) == {"s/1": "x", "s/2": None, "s/3": None}


def test_a_declared_rule_breaks_ties() -> None:
    assert labels(merged([("1", "a", "y"), ("1", "b", "x")], ["1"], tie="first")) == {"s/1": "x"}
    assert merged([("1", "a", "y"), ("1", "b", "x")], ["1"], tie="drop").kept == []


def test_weights_count() -> None:
    votes = [("1", "a", "x"), ("1", "b", "y"), ("1", "c", "y")]
    assert labels(merged(votes, ["1"], method="weighted", weights={"a": 2.5})) == {"s/1": "x"}


def test_where_a_reviewer_decided_nobody_else_counts() -> None:
    votes = [("1", "a", "x"), ("1", "b", "x"), ("1", "eve", "y"), ("2", "a", "x"), ("2", "b", "x"), ("3", "a", "x")]
    found = merged(votes, ["1", "2", "3"], min_votes=2, annotators={"reviewers": ["eve"]})
    assert labels(found) == {"s/1": "y", "s/2": "x", "s/3": None}


@given(
    st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("ab"), st.sampled_from("xyz")), max_size=20),
    st.randoms(),
)
@settings(deadline=None, max_examples=60)
def test_the_order_of_votes_does_not_matter(votes: list[tuple[str, str, str]], random: Any) -> None:
    shuffled = list(votes)
    random.shuffle(shuffled)
    assert merged(votes, ["1", "2", "3"]).values.equals(merged(shuffled, ["1", "2", "3"]).values)


def figures(items: dict[str, list[str]]) -> dict[str, Any]:
    rows = [(i, 0, label) for i, (_, given) in enumerate(sorted(items.items())) for label in given]
    votes = pl.DataFrame(rows, schema={"hi": pl.UInt64, "lo": pl.UInt64, "value": pl.String}, orient="row")
    return agreement(observe(ballots.count(votes.select("hi", "lo").unique().with_columns(alive=True), votes, None)))


def test_fleiss_kappa_of_the_ten_by_fourteen_example() -> None:
    table = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    items = {f"{i:02d}": [str(k) for k, n in enumerate(row) for _ in range(n)] for i, row in enumerate(table)}
    assert figures(items)["fleiss_kappa"] == pytest.approx(0.2099, abs=5e-5)


def test_krippendorff_alpha_of_four_coders_with_missing_values() -> None:
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
    c = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]
    items = {f"{i:02d}": [str(v) for v in unit if v is not None] for i, unit in enumerate(zip(a, b, c, d, strict=True))}
    paired = {name: given for name, given in items.items() if len(given) > 1}
    assert figures(paired)["krippendorff_alpha"] == pytest.approx(0.743, abs=5e-4)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "ties", "alpha"),
    [
        ("bluebirds", 0, 0.1255),
        ("snow2008_rte", 65, 0.2415),
        ("snow2008_temp", 17, 0.2234),
        ("dawid_skene_1979", 1, 0.5843),
    ],
)
def test_real_crowds(real: Callable[[str], Path], name: str, ties: int, alpha: float) -> None:
    with (real("crowd_labels") / name / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    item, who, *_, label = list(rows[0])
    votes = [(r[item], r[who], r[label]) for r in rows]
    found = merged(votes, sorted({v[0] for v in votes}))
    assert merge.summary(found.stats, merge.Params())["undecided"].get("tie", 0) == ties
    # One anaesthetist of 1979 read every chart three times; the published alpha counts the first reading.
    first = [(r[item], r[who], r[label]) for r in rows if r.get("repeat", "1") == "1"]
    assert figures(_by_item(first))["krippendorff_alpha"] == pytest.approx(alpha, abs=5e-5)


def _by_item(votes: list[tuple[str, str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item, _, label in votes:
        found.setdefault(item, []).append(label)
    return found


def box(label: str, *sides: float) -> dict[str, Any]:
    return {"label": label, **dict(zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True)), "extra": None}


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(box("a", 0, 0, 2, 2), box("a", 1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap(box("a", 1, 1, 1, 1), box("a", 1, 1, 1, 1)) == 1
    assert overlap(box("a", 1, 1, 1, 1), box("a", 0, 0, 2, 2)) == 0


def test_boxes_that_a_quorum_saw_are_kept_with_the_median_place() -> None:
    reads = [
        ("a", [box("x", 0, 0, 10, 10), box("x", 50, 50, 60, 60)]),
        ("b", [box("x", 1, 0, 11, 10)]),
        ("c", [box("y", 2, 0, 12, 10)]),
    ]
    (kept,) = fuse(reads, 0.5, 0.5, "median", {})
    assert (kept["label"], kept["xmin"], kept["xmax"], kept["votes"]) == ("x", 1.0, 11.0, 3)


def test_the_boxes_of_one_annotator_pass_unchanged() -> None:
    given = [box("x", 1, 2, 3, 4)]
    assert fuse([("a", given)], 0.5, 0.5, "median", {}) == [{**given[0], "votes": 1}]


@pytest.mark.parametrize("label", [0, 0.5, False])
def test_labels_of_boxes_may_be_numbers_and_extra_what_json_holds(label: Any) -> None:
    drawn = {**box("", 1, 2, 3, 4), "label": label, "extra": {"score": 1}}
    text = str(label).lower()
    merged = {**box(text, 1, 2, 3, 4), "votes": 2}
    assert sized([("a", [drawn], None), ("b", [drawn], None)]).values["boxes"].to_list() == [[merged]]
    alone = {**merged, "extra": '{"score": 1}', "votes": 1}
    assert sized([("a", [drawn], None)]).values["boxes"].to_list() == [[alone]]


@given(
    st.permutations(
        [
            ("a", [box("x", 0, 0, 10, 10)]),
            ("b", [box("y", 1, 0, 11, 10), box("x", 30, 30, 40, 40)]),
            ("c", [box("x", 31, 30, 41, 40)]),
        ]
    )
)
def test_the_order_of_annotators_does_not_matter(reads: list[Any]) -> None:
    assert fuse(reads, 0.5, 0.5, "mean", {}) == fuse(sorted(reads, key=lambda r: r[0]), 0.5, 0.5, "mean", {})


def sized(votes: list[tuple[str, list[Any], str | None]], **record: Any) -> Ran:
    """The boxes of annotators, with what their source tells of the unit, about one picture."""
    units = [unit for *_, unit in votes]
    frame = pl.DataFrame({"item": ["1"] * len(votes), "who": [who for who, *_ in votes], "value": [drawn for _, drawn, _ in votes]})
    told = frame.with_columns(pl.Series("units", units, dtype=pl.String)) if any(units) else frame
    records = shard(pl.DataFrame({"_id": ["s/1"], **{name: [value] for name, value in record.items()}}))
    return run(merge, {"kind": "boxes"}, [records, shard(told, source="votes", kind="annotations")], SOURCES)


def place(found: Ran) -> tuple[Any, ...]:
    """The sides of the one box, and what is told of its unit."""
    row = found.values.row(0, named=True)
    (one,) = row["boxes"]
    return (*(one[side] for side in ("xmin", "ymin", "xmax", "ymax")), row.get("boxes_units"))


SMALL, LARGE = box("x", 0.125, 0.25, 0.5, 0.75), box("x", 80, 50, 320, 150)


def test_relative_boxes_stay_relative_and_are_told_as_such() -> None:
    assert place(sized([("a", [SMALL], "relative")], width=640, height=200)) == (0.125, 0.25, 0.5, 0.75, "relative")


def test_relative_boxes_of_several_annotators_keep_their_decimals() -> None:
    moved = box("x", 0.125002, 0.25, 0.5, 0.75)
    assert place(sized([("a", [SMALL], "relative"), ("b", [moved], "relative")]))[0] == 0.125001


@pytest.mark.parametrize("unit", ["pixels", None])
def test_relative_boxes_meet_those_in_pixels_in_pixels(unit: str | None) -> None:
    found = sized([("a", [SMALL], "relative"), ("b", [LARGE], unit)], width=640, height=200)
    assert place(found) == (80, 50, 320, 150, None)
    assert found.stats["matched"] == 1


def test_boxes_in_two_units_are_refused_where_the_size_of_the_picture_is_not_known() -> None:
    with pytest.raises(DsvError, match="1 picture has relative boxes and boxes in pixels, and no width and height"):
        sized([("a", [SMALL], "relative"), ("b", [LARGE], None)], width=640, height=None)


def test_one_who_saw_nothing_has_no_unit() -> None:
    assert place(sized([("a", [LARGE], None), ("b", [], "relative"), ("c", [LARGE], None)]))[4] is None


def test_boxes_in_pixels_are_told_where_the_record_says_that_its_own_are_relative() -> None:
    assert place(sized([("a", [LARGE], None)], units="relative")) == (80, 50, 320, 150, "pixels")


def test_a_column_of_units_that_are_no_units_of_boxes_says_nothing() -> None:
    found = sized([("a", [LARGE], None)], units="kg")
    assert (place(found)[4], found.values["units"].to_list()) == (None, ["kg"])
