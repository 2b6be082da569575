from __future__ import annotations

from typing import Any

import pytest

from dsv.pages import boxes


def box(label: str | None, *corners: float) -> dict[str, Any]:
    return {"label": label, **dict(zip(boxes.SIDES, corners, strict=True)), "extra": None}


RBC, WBC = box("RBC", 0, 0, 10, 10), box("WBC", 50, 50, 90, 90)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ([RBC, WBC], [WBC, RBC], {}),
        ([RBC], [RBC, WBC], {"drawn": {"WBC": 1}}),
        ([RBC, WBC], [RBC], {"gone": {"WBC": 1}}),
        ([RBC, RBC], [RBC], {"gone": {"RBC": 1}}),
        ([RBC], [box("WBC", 0, 0, 10, 10)], {"relabelled": {("RBC", "WBC"): 1}}),
        ([RBC], [box("RBC", 1, 0, 11, 10)], {"moved": {"RBC": 1}}),
        ([RBC], [box("RBC", 8, 8, 18, 18)], {"drawn": {"RBC": 1}, "gone": {"RBC": 1}}),
        ([RBC], [box(None, 0, 0, 10, 9)], {"relabelled": {("RBC", "none"): 1}}),
        # The one that overlaps most is the partner, in whatever order they stand.
        ([RBC], [box("A", 3, 0, 13, 10), box("RBC", 1, 0, 11, 10)], {"moved": {"RBC": 1}, "drawn": {"A": 1}}),
    ],
)
def test_each_box_is_told_once(old: list[Any], new: list[Any], told: dict[str, Any]) -> None:
    found = boxes.Tally()
    found.add(old, new)
    assert {name: dict(counted) for name, counted in vars(found).items() if counted} == told


@pytest.mark.parametrize("value", [None, [], "boxes", [1], [{"label": "RBC"}], {"xmin": 1}])
def test_other_values_are_no_boxes(value: Any) -> None:
    assert not boxes.are(value)


def test_boxes_without_corners_are_left_out() -> None:
    assert boxes.matched([RBC | {"xmin": None}], [RBC]) == [(None, RBC)]
