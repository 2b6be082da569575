# One table a rule: params, values, what is dropped with which detail. Rows are named by their place.
from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from dsv.errors import DsvError
from dsv.stages import clean
from tests.stages.harness import run, shard

NAN = float("nan")
DAY = dt.date(2026, 1, 31)


def dropped(rule: Any, columns: dict[str, Any], schema: dict[str, Any] | None = None) -> dict[int, str]:
    ran = run(clean, {"rules": [rule]}, [shard(pl.DataFrame(columns, schema_overrides=schema, strict=False))])
    return {int(name.removeprefix("s/")): detail for name, detail in ran.details.items()}


TABLE: list[tuple[str, dict[str, Any], dict[str, Any], dict[int, str]]] = [
    ("missing: null", {"missing": ["a"]}, {"a": ["x", None, ""]}, {1: "a missing"}),
    ("missing: any of several", {"missing": ["a", "b"]}, {"a": [1, None, None], "b": [1, 1, None]}, {1: "a missing", 2: "a, b missing"}),
    ("missing: all of several", {"missing": {"columns": ["a", "b"], "when": "all"}}, {"a": [1, None, None], "b": [1, 1, None]}, {2: "a, b missing"}),
    ("missing: NaN is no value", {"missing": ["a"]}, {"a": [1.0, NAN, None]}, {1: "a missing", 2: "a missing"}),
    ("missing: blank text where asked", {"missing": {"columns": ["a"], "blank": True}}, {"a": ["x", " \t\u00a0", "", None]}, {1: "a missing", 2: "a missing", 3: "a missing"}),
    ("range: both bounds belong to it", {"range": {"column": "a", "min": 0, "max": 2}}, {"a": [-3.5, 0.0, 2.0, 2.5, None]}, {0: "a=-3.5 < 0", 3: "a=2.5 > 2"}),
    ("range: neither bound does", {"range": {"column": "a", "min": 0, "max": 2, "inclusive": "none"}}, {"a": [0, 1, 2]}, {0: "a=0 <= 0", 2: "a=2 >= 2"}),
    ("range: only min does", {"range": {"column": "a", "min": 0, "max": 2, "inclusive": "min"}}, {"a": [0, 1, 2]}, {2: "a=2 >= 2"}),
    ("range: NaN is outside", {"range": {"column": "a", "max": 2}}, {"a": [NAN, 1.0]}, {0: "a=NaN"}),
    ("range: NaN is outside of an open end", {"range": {"column": "a", "min": 0}}, {"a": [NAN, 1.0]}, {0: "a=NaN"}),
    ("range: large whole numbers are exact", {"range": {"column": "a", "max": 2**53}}, {"a": [2**53, 2**53 + 1]}, {1: "a=9007199254740993 > 9007199254740992"}),
    ("range: a bound with decimals is exact", {"range": {"column": "a", "max": 9007199254740992.0}}, {"a": [2**53, 2**53 + 1]}, {1: "a=9007199254740993 > 9007199254740992.0"}),
    ("range: a whole bound among decimals is exact", {"range": {"column": "a", "min": 2**53 + 1}}, {"a": [2.0**53, 2.0**53 + 2]}, {0: "a=9007199254740992.0 < 9007199254740993"}),
    ("range: without an end", {"range": {"column": "a", "max": float("inf")}}, {"a": [1, None]}, {}),
    ("range: beyond 64 bits", {"range": {"column": "a", "min": -(10**30), "max": 10**30}}, {"a": [2**62, -5]}, {}),
    ("range: dates", {"range": {"column": "a", "min": "2026-01-31"}}, {"a": [dt.date(2026, 1, 30), DAY, None]}, {0: "a=2026-01-30 < 2026-01-31"}),
    ("range: times within a day", {"range": {"column": "a", "max": "2026-01-31T12:00"}}, {"a": [dt.datetime(2026, 1, 31, 11), dt.datetime(2026, 1, 31, 13)]}, {1: "a=2026-01-31T13:00:00 > 2026-01-31T12:00"}),
    ("range: times with zone", {"range": {"column": "a", "min": "2026-01-31T12:00+02:00"}}, {"a": [dt.datetime(2026, 1, 31, 9, tzinfo=dt.UTC), dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC)]}, {0: "a=2026-01-31T09:00:00Z < 2026-01-31T12:00+02:00"}),
    ("pattern: a part", {"pattern": {"column": "a", "regex": "[0-9]"}}, {"a": ["a1", "b", None]}, {1: "a='b' does not match"}),
    ("pattern: the whole", {"pattern": {"column": "a", "regex": "a|ab", "match": "full"}}, {"a": ["a", "ab", "abc", "xa"]}, {2: "a='abc' does not match", 3: "a='xa' does not match"}),
    ("pattern: a comment at the end", {"pattern": {"column": "a", "regex": "(?x) a # c", "match": "full"}}, {"a": ["a", "ab"]}, {1: "a='ab' does not match"}),
    ("pattern: a sharp is none", {"pattern": {"column": "a", "regex": "a # c", "match": "full"}}, {"a": ["a # c", "a"]}, {1: "a='a' does not match"}),
    ("pattern: a line break ends no text", {"pattern": {"column": "a", "regex": "a", "match": "full"}}, {"a": ["a\n"]}, {0: "a='a ' does not match"}),
    ("pattern: drop what matches", {"pattern": {"column": "a", "regex": "^test", "drop": "matching"}}, {"a": ["test 1", "x test", None]}, {0: "a='test 1' matches"}),
    ("allowed: texts", {"allowed": {"column": "a", "values": ["ham", "spam"]}}, {"a": ["ham", "Spam", "egg", None]}, {1: "a='Spam'", 2: "a='egg'"}),
    ("allowed: texts in any case", {"allowed": {"column": "a", "values": ["Ham"], "case": False}}, {"a": ["hAM", "egg"]}, {1: "a='egg'"}),
    ("allowed: numbers", {"allowed": {"column": "a", "values": [1, 2.5]}}, {"a": [1.0, 2.5, 3.0, NAN]}, {2: "a=3.0", 3: "a=NaN"}),
    ("allowed: among whole numbers", {"allowed": {"column": "a", "values": [1, 2.5]}}, {"a": [1, 2]}, {1: "a=2"}),
    ("allowed: what is no whole number, and none of 64 bits", {"allowed": {"column": "a", "values": [float("inf"), 1.0, 10**25]}}, {"a": [1, 2]}, {1: "a=2"}),
    ("allowed: large whole numbers are exact", {"allowed": {"column": "a", "values": [9007199254740992.0]}}, {"a": [2**53, 2**53 + 1]}, {1: "a=9007199254740993"}),
    ("allowed: true and false", {"allowed": {"column": "a", "values": [True]}}, {"a": [True, False, None]}, {1: "a=false"}),
    ("type: whole numbers", {"type": {"column": "a", "type": "int"}}, {"a": ["1", "-2", "1.0", "x", "", None]}, {2: "a='1.0' is no int", 3: "a='x' is no int", 4: "a='' is no int"}),
    ("type: numbers", {"type": {"column": "a", "type": "float"}}, {"a": ["1", "1e-3", ".5", "1,5"]}, {3: "a='1,5' is no float"}),
    ("type: true and false", {"type": {"column": "a", "type": "bool"}}, {"a": ["yes", "0", "maybe"]}, {2: "a='maybe' is no bool"}),
    ("type: dates", {"type": {"column": "a", "type": "date", "formats": ["%d.%m.%Y"]}}, {"a": ["31.01.2026", "31.02.2026", "2026-01-31"]}, {1: "a='31.02.2026' is no date", 2: "a='2026-01-31' is no date"}),
    ("length: characters", {"length": {"column": "a", "min": 2, "max": 3}}, {"a": ["é", "éé", "éééé", None]}, {0: "1 characters < 2", 2: "4 characters > 3"}),
    ("length: words", {"length": {"column": "a", "min": 2, "of": "words"}}, {"a": ["one two", " one ", ""]}, {1: "1 words < 2", 2: "0 words < 2"}),
    ("length: bytes", {"length": {"column": "a", "max": 1, "of": "bytes"}}, {"a": ["e", "é"]}, {1: "2 bytes > 1"}),
    ("length: items", {"length": {"column": "a", "min": 1, "of": "items"}}, {"a": [[1], [], None]}, {1: "0 items < 1"}),
    ("undecodable: false only", {"undecodable": {}}, {"decoded": [True, False, None], "decode_error": [None, "cut short", None]}, {1: "cut short"}),
    ("undecodable: null where asked", {"undecodable": {"unknown": "drop", "reason": None}}, {"decoded": [True, False, None]}, {1: "cannot be decoded", 2: "not known whether it can be decoded"}),
    ("undecodable: all unknown", {"undecodable": {"unknown": "drop"}}, {"decoded": [None, None]}, {0: "not known whether it can be decoded", 1: "not known whether it can be decoded"}),
    ("filter: null does not hold", {"filter": "a > 1 and b = 'x'"}, {"a": [2, 2, 1, None], "b": ["x", None, "x", "x"]}, {1: "a=2, b=null", 2: "a=1, b='x'", 3: "a=null, b='x'"}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "columns", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_rule_drops(rule: Any, columns: dict[str, Any], expected: dict[int, str]) -> None:
    assert dropped(rule, columns) == expected


LOCAL_DROPS = [
    {"range": {"column": "a", "min": 0}},
    {"range": {"column": "a", "min": "2026-01-01"}},
    {"pattern": {"column": "a", "regex": "x"}},
    {"allowed": {"column": "a", "values": ["x"]}},
    {"allowed": {"column": "a", "values": [1]}},
    {"type": {"column": "a", "type": "int"}},
    {"type": {"column": "a", "type": "date"}},
    {"length": {"column": "a", "min": 2}},
    {"length": {"column": "a", "min": 2, "of": "items"}},
    {"undecodable": {"column": "a", "reason": None}},
]


@pytest.mark.parametrize("rule", LOCAL_DROPS, ids=str)
@pytest.mark.parametrize("dtype", [None, pl.String, pl.Int64, pl.Float64, pl.List(pl.Struct({"x": pl.Int64}))], ids=str)
def test_a_column_without_a_value_drops_nothing(rule: Any, dtype: Any) -> None:
    columns = {"b": [1, 2]} if dtype is None else {"a": [None, None]}
    assert dropped(rule, columns, {"a": dtype} if dtype else None) == {}


@pytest.mark.parametrize("rule", [*LOCAL_DROPS, {"missing": ["a"]}, {"duplicate": {"columns": ["a"]}}], ids=str)
def test_a_shard_without_rows_is_left_alone(rule: Any) -> None:
    assert dropped(rule, {"a": []}, {"a": pl.String}) == {}


@pytest.mark.parametrize(
    ("rule", "values", "message"),
    [
        ({"range": {"column": "a", "min": 0}}, ["1"], "rules[0].range cannot be applied to source s: the column 'a' is text, number is wanted."),
        ({"range": {"column": "a", "min": "2026-01-01"}}, [1], "rules[0].range cannot be applied to source s: the column 'a' is number, date or datetime is wanted."),
        ({"pattern": {"column": "a", "regex": "x"}}, [1], "rules[0].pattern cannot be applied to source s: the column 'a' is number, text is wanted."),
        ({"allowed": {"column": "a", "values": [1]}}, ["1"], "rules[0].allowed cannot be applied to source s: the column 'a' is text, the values are number; write the values in quotes."),
        ({"length": {"column": "a", "max": 1}}, [True], "rules[0].length cannot be applied to source s: the column 'a' is bool, text is wanted."),
        ({"filter": "a > 0"}, ["1"], "rules[0].filter cannot be applied to source s: a text and a number cannot be compared, at character 3: a ▸> 0."),
    ],
)  # fmt: skip
def test_a_column_of_another_type_is_an_error_for_people(rule: Any, values: list[Any], message: str) -> None:
    with pytest.raises(DsvError) as caught:
        dropped(rule, {"a": values})
    assert caught.value.message == message
    assert "sources.s.columns" in str(caught.value.hint)


@pytest.mark.parametrize("rule", [
    {"missing": [f"column{i}" for i in range(40)]},
    {"pattern": {"column": "a" * 200, "regex": "^y", "match": "search"}},
    {"allowed": {"column": "a" * 200, "values": ["y"]}},
    {"type": {"column": "a" * 200, "type": "int"}},
    {"filter": f"{'a' * 200} = 'y' and b = 1 and c = 1 and d = 1"},
], ids=["missing", "pattern", "allowed", "type", "filter"])  # fmt: skip
def test_a_detail_has_at_most_eighty_characters_on_one_line(rule: Any) -> None:
    found = dropped(rule, {"a" * 200: ["x\n" * 500], "b": [1]})
    assert list(found) == [0]
    assert len(found[0]) <= 80
    assert "\n" not in found[0]
