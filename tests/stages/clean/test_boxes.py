from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from dsv.stages import clean
from tests.stages.harness import Ran, run, shard

BOX = pl.Struct({"label": pl.String, "xmin": pl.Float64, "ymin": pl.Float64, "xmax": pl.Float64, "ymax": pl.Float64})
WHOLE = ("RBC", 1.0, 2.0, 30.0, 40.0)


def ran(params: dict[str, Any], *rows: list[tuple[Any, ...]] | None, dtype: Any = BOX) -> Ran:
    names = ("label", "xmin", "ymin", "xmax", "ymax")
    boxes = [None if row is None else [dict(zip(names, box, strict=True)) for box in row] for row in rows]
    frame = pl.DataFrame({"boxes": boxes}, schema={"boxes": pl.List(dtype)})
    size = pl.lit(100, pl.Int64)
    return run(clean, {"rules": [{"boxes": params}]}, [shard(frame.with_columns(width=size, height=size))])


def left(found: Ran) -> list[Any]:
    return [
        None if boxes is None else [tuple(box.values()) for box in boxes] for boxes in found.values["boxes"].to_list()
    ]


def details(found: Ran) -> list[str]:
    decisions = found.decisions[0]
    assert decisions is not None
    return decisions.table["detail"].to_list()


TABLE = [
    ("whole", {}, [WHOLE], [WHOLE], []),
    ("zero area", {}, [WHOLE, ("RBC", 504.0, 337.0, 504.0, 337.0)], [WHOLE], ["RBC 504,337,504,337 zero area"]),
    ("no width", {}, [("RBC", 5.0, 1.0, 5.0, 9.0)], [], ["RBC 5,1,5,9 zero area"]),
    ("turned round", {}, [("RBC", 9.0, 1.0, 5.0, 9.5)], [], ["RBC 9,1,5,9.5 negative area"]),
    ("a coordinate missing", {}, [("RBC", None, 1.0, 5.0, float("nan"))], [], ["RBC ?,1,5,? coordinate missing"]),
    ("zero area kept", {"zero_area": "keep"}, [("RBC", 5.0, 1.0, 5.0, 9.0)], [("RBC", 5.0, 1.0, 5.0, 9.0)], []),
    ("clipped", {}, [(None, -5.0, 90.0, 50.0, 110.0)], [(None, 0.0, 90.0, 50.0, 100.0)], ["? -5,90,50,110 clipped"]),
    ("nothing left to clip", {}, [("RBC", 100.0, 5.0, 120.0, 9.0)], [], ["RBC 100,5,120,9 outside"]),
    ("removed", {"outside": "remove"}, [("RBC", -5.0, 5.0, 50.0, 9.0), WHOLE], [WHOLE], ["RBC -5,5,50,9 outside"]),
    ("outside kept", {"outside": "keep"}, [("RBC", -5.0, 5.0, 50.0, 9.0)], [("RBC", -5.0, 5.0, 50.0, 9.0)], []),
    ("several", {}, [("A", 1.0, 1.0, 1.0, 1.0), ("B", 2.0, 2.0, 2.0, 2.0)], [], ["A 1,1,1,1 zero area; B 2,2,2,2 zero area"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("params", "boxes", "expected", "said"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_boxes_are_set(params: dict[str, Any], boxes: list[Any], expected: list[Any], said: list[str]) -> None:
    found = ran(params, boxes)
    assert left(found) == [expected]
    assert details(found) == said


def test_whole_numbers_stay_whole_numbers() -> None:
    dtype = pl.Struct({"label": pl.String, **dict.fromkeys(("xmin", "ymin", "xmax", "ymax"), pl.Int64)})
    found = ran({}, [("RBC", -5, 5, 500, 9)], dtype=dtype)
    assert left(found) == [[("RBC", 0, 5, 100, 9)]]
    assert found.frames[0].schema["boxes"] == pl.List(dtype)


def test_records_without_boxes_stay_as_they_are() -> None:
    found = ran({}, None, [], [WHOLE])
    assert left(found) == [None, [], [WHOLE]]
    assert found.sets == []


def test_a_record_without_a_box_left_is_dropped_where_it_is_asked_for() -> None:
    found = ran({"empty": "drop"}, [WHOLE], [("RBC", 1.0, 1.0, 1.0, 1.0)], [], None)
    assert found.details == {"s/1": "RBC 1,1,1,1 zero area", "s/2": "no box", "s/3": "no box"}
    assert found.sets == []


def test_a_record_of_a_shard_without_any_box_is_dropped_as_well() -> None:
    assert ran({"empty": "drop"}, None, None).details == {"s/0": "no box", "s/1": "no box"}


def test_a_picture_of_unknown_size_still_begins_at_zero() -> None:
    frame = pl.DataFrame(
        {"boxes": [[dict(zip(("label", "xmin", "ymin", "xmax", "ymax"), ("R", -5.0, 1.0, 500.0, 9.0), strict=True))]]}
    )
    found = run(clean, {"rules": [{"boxes": {}}]}, [shard(frame)])
    assert left(found) == [[("R", 0.0, 1.0, 500.0, 9.0)]]


def test_labels_within_boxes_have_aliases() -> None:
    names = ("label", "xmin", "ymin", "xmax", "ymax")
    rows = [
        [dict(zip(names, ("Platetlets", 1.0, 1.0, 2.0, 2.0), strict=True)), dict(zip(names, WHOLE, strict=True))],
        [dict(zip(names, WHOLE, strict=True))],
        None,
    ]
    rule = {"aliases": {"column": "boxes", "map": {"Platetlets": "Platelets"}}}
    found = run(clean, {"rules": [rule]}, [shard(pl.DataFrame({"boxes": rows}))])
    assert [(name, [box["label"] for box in value]) for name, _, _, value in found.sets] == [
        ("s/0", ["Platelets", "RBC"])
    ]


RELATIVE = [
    ("whole", {}, (0.1, 0.1, 0.9, 0.9), (0.1, 0.1, 0.9, 0.9)),
    ("clipped", {}, (-0.1, 0.5, 0.5, 1.25), (0.0, 0.5, 0.5, 1.0)),
    ("outside", {}, (1.0, 0.5, 1.5, 0.75), None),
    ("removed", {"outside": "remove"}, (0.5, 0.5, 1.01, 0.75), None),
    ("along the edge, as it was rounded", {"outside": "remove"}, (0.5, 0.5, 1.0000005, 0.75), (0.5, 0.5, 1.0000005, 0.75)),
    ("without area", {}, (0.5, 0.5, 0.5, 0.75), None),
]  # fmt: skip


@pytest.mark.parametrize("column", ["units", "boxes_units"])
@pytest.mark.parametrize(("params", "sides", "expected"), [row[1:] for row in RELATIVE], ids=[row[0] for row in RELATIVE])
def test_the_picture_of_relative_boxes_is_1_x_1(column: str, params: Any, sides: tuple[float, ...], expected: Any) -> None:
    rows = [[dict(zip(("label", "xmin", "ymin", "xmax", "ymax"), ("R", *sides), strict=True))]]
    size = {"width": [100], "height": [100]}
    found = run(clean, {"rules": [{"boxes": params}]}, [shard(pl.DataFrame({"boxes": rows, **size, column: ["relative"]}))])
    assert left(found) == [[] if expected is None else [("R", *expected)]]


def test_of_two_units_that_of_the_merge_counts() -> None:
    rows = [[dict(zip(("label", "xmin", "ymin", "xmax", "ymax"), ("R", 10.0, 10.0, 50.0, 50.0), strict=True))]]
    told = {"width": [100], "height": [100], "units": ["relative"], "boxes_units": ["pixels"]}
    assert left(run(clean, {"rules": [{"boxes": {}}]}, [shard(pl.DataFrame({"boxes": rows, **told}))])) == [[("R", 10.0, 10.0, 50.0, 50.0)]]
