# One table a rule: params, column, values, what is set. Rows are named by their place.
from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsv.errors import DsvError
from dsv.stages import clean
from dsv.stages.rules import decimals
from tests.stages.harness import Ran, run, shard

NAN = float("nan")
UTC = dt.UTC


def ran(rule: Any, columns: dict[str, Any], schema: dict[str, Any] | None = None) -> Ran:
    return run(clean, {"rules": [rule]}, [shard(pl.DataFrame(columns, schema_overrides=schema))])


def changes(rule: Any, columns: dict[str, Any], schema: dict[str, Any] | None = None) -> dict[int, Any]:
    return {int(name.removeprefix("s/")): value for name, _, _, value in ran(rule, columns, schema).sets}


def at(*parts: int, zone: dt.tzinfo | None = None) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=zone)  # type: ignore[misc,arg-type]


TABLE: list[tuple[str, Any, list[Any], dict[int, Any]]] = [
    ("text: strip", {"text": {"columns": ["a"]}}, [" x ", "x", "\u00a0x\n", None, ""], {0: "x", 2: "x"}),
    ("text: no strip", {"text": {"columns": ["a"], "strip": False, "case": "lower"}}, [" X"], {0: " x"}),
    ("text: collapse", {"text": {"columns": ["a"], "collapse": True}}, ["a  b", "a\tb ", "a b"], {0: "a b", 1: "a b"}),
    ("text: lower", {"text": {"columns": ["a"], "case": "lower"}}, ["ÀB", "x"], {0: "àb"}),
    ("text: upper", {"text": {"columns": ["a"], "case": "upper"}}, ["straße"], {0: "STRASSE"}),
    ("text: title", {"text": {"columns": ["a"], "case": "title"}}, ["new york"], {0: "New York"}),
    ("text: NFC", {"text": {"columns": ["a"], "unicode": "NFC"}}, ["e\u0301", "é"], {0: "é"}),
    ("text: NFKC", {"text": {"columns": ["a"], "unicode": "NFKC"}}, ["ﬁ", "②"], {0: "fi", 1: "2"}),
    ("text: Unicode before spaces", {"text": {"columns": ["a"], "unicode": "NFKC"}}, ["\u3000x"], {0: "x"}),
    ("text: replace in turn", {"text": {"columns": ["a"], "replace": [{"from": "&amp;", "to": "&"}, {"from": "&lt;", "to": "<"}]}}, ["&amp;lt;"], {0: "<"}),
    ("text: replace takes no pattern", {"text": {"columns": ["a"], "replace": [{"from": ".", "to": "$1"}]}}, ["a.b"], {0: "a$1b"}),
    ("text: replace a pattern", {"text": {"columns": ["a"], "replace": [{"from": "(\\d+) ?kg", "to": "$1 kg", "regex": True}]}}, ["12kg"], {0: "12 kg"}),
    ("text: empty becomes null", {"text": {"columns": ["a"], "empty": "null"}}, [" ", "x", None], {0: None}),
    ("date: the first format that fits", {"date": {"column": "a", "formats": ["%d/%m/%Y", "%m/%d/%Y"]}}, ["02/01/2026", "01/31/2026"], {0: at(2026, 1, 2), 1: at(2026, 1, 31)}),
    ("date: what fits none becomes null", {"date": {"column": "a", "formats": ["%d/%m/%Y"]}}, ["31/12/2025", "x"], {0: at(2025, 12, 31), 1: None}),
    ("date: seconds and milliseconds", {"date": {"column": "a", "formats": ["epoch_ms"]}}, ["1500", "-1.5"], {0: at(1970, 1, 1, 0, 0, 1, 500000), 1: at(1969, 12, 31, 23, 59, 59, 998500)}),
    ("date: numbers", {"date": {"column": "a", "formats": ["epoch"]}}, [86400, None], {0: at(1970, 1, 2)}),
    ("date: numbers with decimals", {"date": {"column": "a", "formats": ["epoch"]}}, [1.25, NAN], {0: at(1970, 1, 1, 0, 0, 1, 250000), 1: None}),
    ("date: as dates", {"date": {"column": "a", "type": "date"}}, ["2026-01-31", "2026-01-31T23:59:00"], {0: dt.date(2026, 1, 31), 1: dt.date(2026, 1, 31)}),
    ("date: in a zone", {"date": {"column": "a", "zone": "Europe/Berlin", "formats": ["%Y-%m-%d %H:%M"]}}, ["2026-01-31 12:00", "2026-07-31 12:00"], {0: at(2026, 1, 31, 11, zone=UTC), 1: at(2026, 7, 31, 10, zone=UTC)}),
    ("date: of an hour that comes twice the first", {"date": {"column": "a", "zone": "Europe/Berlin", "formats": ["%Y-%m-%d %H:%M"]}}, ["2026-10-25 02:30"], {0: at(2026, 10, 25, 0, 30, zone=UTC)}),
    ("date: an hour that never was", {"date": {"column": "a", "zone": "Europe/Berlin", "formats": ["%Y-%m-%d %H:%M"]}}, ["2026-03-29 02:30"], {0: None}),
    ("date: an offset that is written", {"date": {"column": "a", "formats": ["%Y-%m-%dT%H:%M%z"]}}, ["2026-01-31T12:00+0200"], {0: at(2026, 1, 31, 10)}),
    ("date: the date of the zone", {"date": {"column": "a", "type": "date", "zone": "Asia/Tokyo", "formats": ["%Y-%m-%dT%H:%M%z"]}}, ["2026-01-31T20:00+0000"], {0: dt.date(2026, 2, 1)}),
    ("date: a day whose midnight never was", {"date": {"column": "a", "type": "date", "zone": "America/Sao_Paulo"}}, ["2018-11-04", "2018-11-04T00:30:00"], {0: dt.date(2018, 11, 4), 1: dt.date(2018, 11, 4)}),
    ("date: a day of a moment in UTC", {"date": {"column": "a", "type": "date", "zone": "Asia/Tokyo", "formats": ["epoch"]}}, ["72000", "1.5"], {0: dt.date(1970, 1, 2), 1: dt.date(1970, 1, 1)}),
    ("date: microseconds beyond 2^53", {"date": {"column": "a", "formats": ["epoch_us"]}}, ["9007199254740993"], {0: at(2255, 6, 5, 23, 47, 34, 740993)}),
    ("unit: what is round stays", {"unit": {"column": "a", "factor": 1}}, [597709683113.0, 1e300, NAN, None, 0.1], {}),
    ("unit: factor, offset, decimals", {"unit": {"column": "a", "from": "F", "to": "C", "factor": 0.5555555555555556, "offset": -17.77777777777778, "decimals": 1}}, [32.0, 212.0, None], {0: 0.0, 1: 100.0}),
    ("round", {"round": {"columns": ["a"], "decimals": 1}}, [0.25, 0.36, 1.0, NAN, None], {0: 0.2, 1: 0.4}),
    ("round: what has no more decimals stays", {"round": {"columns": ["a"], "decimals": 15}}, [123456.789, 2.0**53, -1e300, None], {}),
    ("round: halves of what is stored", {"round": {"columns": ["a"], "decimals": 2}}, [2.675, 1.005, 0.125, 0.375], {0: 2.67, 1: 1.0, 2: 0.12, 3: 0.38}),
    ("text: groups", {"text": {"columns": ["a"], "replace": [{"from": "(?P<n>[0-9])(b)?", "to": "${n}_$0$$$2", "regex": True}]}}, ["1b"], {0: "1_1b$b"}),
    ("fill: a number of 64 bits", {"fill": {"column": "a", "value": 2**63}}, [None], {0: 2**63}),
    ("round: whole numbers are round", {"round": {"columns": ["a"], "decimals": 1}}, [1, 2], {}),
    ("aliases", {"aliases": {"column": "a", "map": {"Platetlets": "Platelets", "none": ""}}}, ["Platetlets", "RBC", "none", None], {0: "Platelets", 2: None}),
    ("aliases: lists of texts", {"aliases": {"column": "a", "map": {"x": "y"}}}, [["x", "z"], ["z"], [], None], {0: ["y", "z"]}),
    ("fill: text", {"fill": {"column": "a", "value": "?"}}, ["x", None], {1: "?"}),
    ("fill: a whole number among decimals", {"fill": {"column": "a", "value": 0}}, [0.5, None], {1: 0.0}),
    ("fill: true", {"fill": {"column": "a", "value": True}}, [False, None], {1: True}),
    ("fill: a date", {"fill": {"column": "a", "value": "2026-01-31"}}, [dt.date(2026, 1, 1), None], {1: dt.date(2026, 1, 31)}),
    ("type: to whole numbers", {"type": {"column": "a", "to": "int"}}, ["1", "+2", None], {0: 1, 1: 2}),
    ("type: what does not fit becomes null", {"type": {"column": "a", "type": "int", "misfit": "null"}}, ["1", "x"], {1: None}),
    ("type: already of the type", {"type": {"column": "a", "to": "int"}}, [1, 2], {}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "values", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_rule_sets_only_what_differs(rule: Any, values: list[Any], expected: dict[int, Any]) -> None:
    assert changes(rule, {"a": values}) == expected


@pytest.mark.parametrize(("rule", "values"), [row[1:3] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_new_values_are_those_of_one_shard_per_row(rule: Any, values: list[Any]) -> None:
    frame = pl.DataFrame({"a": values})
    whole = run(clean, {"rules": [rule]}, [shard(frame)])
    cut = run(clean, {"rules": [rule]}, [shard(frame[i : i + 1]) for i in range(frame.height)])
    assert cut.sets == whole.sets


def test_a_value_that_fits_no_type_is_dropped_and_the_others_are_set() -> None:
    found = ran({"type": {"column": "a", "to": "int"}}, {"a": ["1", "x"]})
    assert found.details == {"s/1": "a='x' is no int"}
    assert [value for *_, value in found.sets] == [1]


def test_a_date_that_fits_no_format_can_be_dropped() -> None:
    found = ran({"date": {"column": "a", "formats": ["%d.%m.%Y"], "misfit": "drop"}}, {"a": ["31.01.2026", "soon"]})
    assert found.details == {"s/1": "a='soon' fits no format of a datetime"}


def test_a_null_that_a_rule_makes_says_what_was_there() -> None:
    decisions = ran({"date": {"column": "a", "formats": ["%d.%m.%Y"]}}, {"a": ["31.01.2026", "soon"]}).decisions[0]
    assert decisions is not None
    assert decisions.table["detail"].to_list() == [None, "a='soon' fits no format of a datetime"]


def test_a_column_of_units_is_brought_to_one_unit() -> None:
    rule = {
        "unit": {
            "column": "h",
            "unit_column": "u",
            "to": "m",
            "table": {"cm": 0.01, "in": {"factor": 0.0254}},
            "decimals": 4,
        }
    }
    found = ran(rule, {"h": [180.0, 70.0, 1.8, None, 5.0], "u": ["cm", "in", "m", "cm", "stone"]})
    assert found.values.select("h", "u").rows() == [(1.8, "m"), (1.778, "m"), (1.8, "m"), (None, "m")]
    assert found.details == {"s/4": "h=5.0, u='stone'"}


def test_a_fill_of_a_column_that_the_shard_lacks_sets_every_row() -> None:
    assert changes({"fill": {"column": "a", "value": 1.5}}, {"b": [1, 2]}) == {0: 1.5, 1: 1.5}


def test_a_fill_of_another_type_is_refused() -> None:
    with pytest.raises(DsvError, match=r"rules\[0\].fill cannot be applied to source s: the column 'a' is text"):
        changes({"fill": {"column": "a", "value": 1}}, {"a": ["x", None]})


def test_text_leaves_numbers_to_an_error() -> None:
    with pytest.raises(DsvError, match="the column 'a' is number, text is wanted"):
        changes({"text": {"columns": ["a"]}}, {"a": [1]})


def test_a_retyped_column_has_the_new_type_in_every_shard() -> None:
    frames = [pl.DataFrame({"a": ["1"]}), pl.DataFrame({"a": ["+2", "x"]})]
    found = run(clean, {"rules": [{"type": {"column": "a", "to": "int"}}]}, [shard(f) for f in frames])
    assert [frame.schema["a"] for frame in found.frames] == [pl.Int64, pl.Int64]


def test_the_value_set_before_a_column_is_retyped_is_told_in_the_detail() -> None:
    rules = [{"text": {"columns": ["a"]}}, {"date": {"column": "a", "formats": ["%d.%m.%Y"]}}]
    found = run(clean, {"rules": rules}, [shard({"a": [" 31.01.2026"]})])
    decisions = found.decisions[0]
    assert decisions is not None
    assert decisions.table.select("rule", "detail", "=a").rows() == [
        ("text", "a=31.01.2026", None),
        ("date", None, at(2026, 1, 31)),
    ]


@pytest.mark.parametrize(
    ("to", "text", "value"),
    [("int", " 1", 1), ("float", " 1.5", 1.5), ("bool", " yes", True), ("date", " 2026-01-31", dt.date(2026, 1, 31))],
)
def test_a_text_that_was_set_can_be_retyped(to: str, text: str, value: Any) -> None:
    rules = [{"text": {"columns": ["a"]}}, {"type": {"column": "a", "to": to}}]
    found = run(clean, {"rules": rules}, [shard({"a": [text]})])
    assert found.sets[-1] == ("s/0", "type", "a", value)


@given(st.text(alphabet=" \t\n\r\x0b\x0c\x1c\x85\u00a0\u2003\u2028\u3000ab", max_size=12))
def test_collapse_leaves_one_space_for_any_run_of_white_space(text: str) -> None:
    found = ran({"text": {"columns": ["a"], "collapse": True, "strip": False}}, {"a": [text]})
    expected = pl.Series([text]).str.replace_all(r"\s+", " ")
    assert found.values["a"].to_list() == expected.to_list()


@given(st.lists(st.floats() | st.integers(-(10**9), 10**9).map(lambda n: n / 1000) | st.integers(2**51, 2**54).map(lambda n: n / 8), max_size=20), st.integers(0, 15))
def test_numbers_are_rounded_as_python_does(values: list[float], places: int) -> None:
    found = decimals.rounded(pl.Series(values, dtype=pl.Float64), places).to_list()
    wanted = [value if not math.isfinite(value) else round(value, places) for value in values]
    assert list(map(repr, found)) == list(map(repr, wanted))


def test_a_number_that_its_column_does_not_hold_is_refused() -> None:
    with pytest.raises(DsvError, match="does not hold 9223372036854775808"):
        changes({"fill": {"column": "a", "value": 2**63}}, {"a": [1, None]})
