"""What has no value in a frame has no say in its type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import combinations
from typing import Any

import polars as pl
import pytest

from dsv.formats import objects
from dsv.table import types
from dsv.table.together import together

BOX = {"label": "cell", "xmin": 0.5}


@pytest.mark.parametrize("silent", [[], None])
@pytest.mark.parametrize("value", [[BOX], [[1]], [1], ["a"]])
def test_a_list_that_is_empty_as_stored_takes_the_type_of_the_others(value: Any, silent: Any) -> None:
    # A list of which no element is known is stored as a list of strings.
    stored = pl.DataFrame({"x": [silent]}, schema={"x": pl.List(pl.String)})
    assert together([stored, pl.DataFrame({"x": [value]})])["x"].to_list() == [silent, value]


def test_lists_that_are_all_empty_keep_their_type() -> None:
    stored = pl.DataFrame({"x": [[]]}, schema={"x": pl.List(pl.String)})
    assert together([stored, stored]).schema["x"] == pl.List(pl.String)


@pytest.mark.parametrize(
    ("one", "two", "texts"),
    [
        (1, [1], ["1", "[1]"]),
        ("x", {"a": 1}, ["x", '{"a": 1}']),
        ({"a": 1}, [{"a": "é"}], ['{"a": 1}', '[{"a": "é"}]']),
        ([1], ["x"], ["[1]", '["x"]']),
        ({"a": 1}, {"a": "1"}, ['{"a": 1}', '{"a": "1"}']),
        ({"b": {"a": 1}}, {"b": {"a": [1]}}, ['{"b": {"a": 1}}', '{"b": {"a": [1]}}']),
        ([], {"a": True}, ["[]", '{"a": true}']),
    ],
)
def test_values_that_have_no_type_in_common_are_their_json(one: Any, two: Any, texts: list[str]) -> None:
    frames = [pl.DataFrame({"x": [value, None]}) for value in (one, two)]
    assert together(frames)["x"].to_list() == [texts[0], None, texts[1], None]
    assert together(frames[::-1])["x"].to_list() == [texts[1], None, texts[0], None]
    # As it is where both stand in one file.
    assert objects.table([{"x": one}, {"x": two}])["x"].to_pylist() in (texts, [one, two])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"a": 1}, {"a": 1.5}),
        ({"a": 1, "b": None}, {"a": None, "b": [{"c": "x"}]}),
        ({"a": None, "b": "x"}, {"a": 7, "b": "y"}),
        ({"a": {"b": []}}, {"a": {"b": [1]}}),
        ([{"a": None}], [{"a": True}]),
        ([None], [[1]]),
    ],
)
def test_what_has_no_value_within_has_no_say_either(one: Any, two: Any) -> None:
    # As they are stored: where no value tells a type, it is that of texts.
    stored = [pl.from_arrow(types.cast(pl.DataFrame({"x": [value]}).to_arrow(compat_level=pl.CompatLevel.oldest()))) for value in (one, two)]
    for frames in (stored, stored[::-1]):
        values = [frame["x"].to_list()[0] for frame in frames]
        assert together(frames)["x"].to_list() == values


def test_a_field_that_one_lacks_is_nothing_there() -> None:
    frames = [pl.DataFrame({"x": [{"a": 1}]}), pl.DataFrame({"x": [{"b": "y"}]})]
    assert together(frames)["x"].to_list() == [{"a": 1, "b": None}, {"a": None, "b": "y"}]


DAY, NOON = dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 12)
APART = {
    True: "true",
    Decimal("1.50"): '"1.50"',
    NOON: '"2024-01-02 12:00:00"',
    NOON.replace(tzinfo=dt.UTC): '"2024-01-02 12:00:00+00:00"',
    dt.time(1, 2): '"01:02:00"',
    b"\xff\x00": '"/wA="',
}


@pytest.mark.parametrize(("one", "two"), [*combinations(APART, 2), (DAY, dt.time(1, 2)), (DAY, b"\xff\x00")])
def test_plain_values_that_have_no_type_in_common_are_their_json_too(one: Any, two: Any) -> None:
    frames = [pl.DataFrame({"x": [value]}) for value in (one, two)]
    texts = APART | {DAY: '"2024-01-02"'}
    assert together(frames)["x"].to_list() == [texts[one], texts[two]]
    assert together(frames[::-1])["x"].to_list() == [texts[two], texts[one]]


def test_a_time_beside_a_text_keeps_the_parts_of_its_second() -> None:
    assert together([pl.DataFrame({"x": [value]}) for value in ("a", dt.time(1, 2, 3, 4))])["x"].to_list() == ["a", '"01:02:03.000004"']


def test_a_text_beside_bytes_stays_the_text_that_it_is() -> None:
    assert together([pl.DataFrame({"x": [value]}) for value in ("a", b"b")])["x"].to_list() == ["a", '"Yg=="']


def test_decimals_without_a_common_scale_that_has_room_are_their_json() -> None:
    large, small = (pl.DataFrame({"x": pl.Series([Decimal(value)], dtype=pl.Decimal(38, scale))}) for value, scale in (("1" + "0" * 36, 0), ("1.5", 2)))
    assert together([large, small])["x"].to_list() == ['"1000000000000000000000000000000000000"', '"1.50"']
    assert together([small, small.select(pl.col("x").cast(pl.Decimal(10, 4)))])["x"].to_list() == [Decimal("1.5"), Decimal("1.5")]
