# ruff: noqa: ISC004  tables
from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.record import yaml12
from dsv.record.lines import lines
from dsv.record.problem import ParamsError
from dsv.record.schema import OneOf, parse
from tests.record.trees import TREES


@dataclass(frozen=True)
class Range:
    column: str
    min: float | None = None
    max: float | None = None

    def impossible(self) -> Iterator[tuple[str, str]]:
        if self.min is not None and self.max is not None and self.min > self.max:
            yield "max", f"found {self.max}, at least min ({self.min}) is wanted"


@dataclass(frozen=True)
class Missing:
    SHORT: ClassVar[str] = "columns"
    columns: tuple[str, ...] = field(metadata={"nonempty": True, "unique": True})


@dataclass(frozen=True)
class Trim:
    side: Literal["both", "left"] = "both"


@dataclass(frozen=True)
class Section:
    rules: tuple[OneOf, ...] = field(
        default=(), metadata={"one_of": {"range": Range, "missing": Missing, "trim": Trim}}
    )
    share: float = field(default=0.5, metadata={"min": 0, "below": 1})
    votes: int = field(default=2, metadata={"min": 1})
    level: int | float | str | None = None
    strict: bool = False
    method: Literal["majority", "mean", 3] = "majority"
    code: str = field(default="a", metadata={"pattern": "[a-z]+", "means": "small letters"})
    pair: tuple[int, str] | None = None
    sizes: list[int] = field(default_factory=list)
    fractions: Mapping[str, float] = field(default_factory=dict, metadata={"min": 0})
    names: dict[int, str] = field(default_factory=dict)
    from_: str | None = None
    null: tuple[str, ...] = ()
    range: Range | None = None
    anything: Any = None


def refused(raw: Any) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        parse(Section, raw, "s")
    return [str(problem) for problem in caught.value.problems]


TAKEN = {
    "votes": [(3, 3)],
    "share": [(0, 0.0), (0.25, 0.25)],
    "level": [(1, 1), (1.0, 1.0), ("1", "1"), (None, None)],
    "method": [("mean", "mean"), (3, 3)],
    "pair": [([1, "a"], (1, "a"))],
    "sizes": [([1, 2], [1, 2])],
    "fractions": [({"train": 1}, {"train": 1.0})],
    "names": [({1: "x"}, {1: "x"})],
    "from": [("x", "x")],
    "range": [({"column": "x", "min": 1}, Range("x", 1.0))],
    "rules": [
        ([{"range": {"column": "x"}}], (OneOf("range", Range("x")),)),
        ([{"missing": ["a"]}], (OneOf("missing", Missing(("a",))),)),
        (["trim", {"trim": None}], (OneOf("trim", Trim()), OneOf("trim", Trim()))),
    ],
}


@pytest.mark.parametrize(("key", "raw", "value"), [(key, *case) for key, cases in TAKEN.items() for case in cases])
def test_a_value_that_fits_is_taken_with_its_type(key: str, raw: Any, value: Any) -> None:
    taken = getattr(parse(Section, {key: raw}), "from_" if key == "from" else key)
    assert (taken, type(taken)) == (value, type(value))


REFUSED = [
    ({"votes": 1.0}, "s.votes: found the decimal number 1.0, a whole number is wanted"),
    ({"votes": True}, "s.votes: found true, a whole number is wanted"),
    ({"votes": "2"}, 's.votes: found "2", a whole number is wanted; write it without quotes'),
    ({"votes": 0}, "s.votes: found 0, at least 1 is allowed"),
    ({"votes": None}, "s.votes: found null, a whole number is wanted"),
    ({"share": 1}, "s.share: found 1.0, below 1 is allowed"),
    ({"share": float("nan")}, "s.share: found nan, a number is wanted"),
    ({"share": True}, "s.share: found true, a number is wanted"),
    ({"strict": 1}, "s.strict: found 1, true or false is wanted"),
    ({"strict": "yes"}, 's.strict: found "yes", true or false is wanted; YAML 1.2 reads yes as a text'),
    ({"code": 1}, "s.code: found 1, a text is wanted; write it in quotes"),
    ({"code": dt.date(2024, 1, 2)}, "s.code: found the date 2024-01-02, a text is wanted; write it in quotes"),
    ({"code": "A"}, 's.code: found "A", small letters is wanted'),
    ({"method": "majorty"}, 's.method: found "majorty", one of majority, mean, 3 is wanted; did you mean majority?'),
    ({"method": 3.0}, "s.method: found the decimal number 3.0, one of majority, mean, 3 is wanted"),
    ({"pair": [1]}, "s.pair: found a list of 1, a list of 2 is wanted"),
    ({"pair": [1, 2]}, "s.pair[1]: found 2, a text is wanted; write it in quotes"),
    ({"level": []}, "s.level: found a list of 0, a whole number or a number or a text is wanted"),
    ({"sizes": 1}, "s.sizes: found 1, a list is wanted"),
    ({"null": "NA"}, 's.null: found "NA", a list is wanted; write [NA]'),
    ({"fractions": {"train": -1}}, "s.fractions.train: found -1.0, at least 0 is allowed"),
    ({"fractions": {1: 1}}, "s.fractions.1: the key is 1, a text is wanted; write it in quotes"),
    ({"names": {"1": "x"}}, 's.names.1: the key is "1", a whole number is wanted'),
    ({"range": {}}, "s.range: the key column is missing"),
    ({"range": {"column": "x", "min": 2, "max": 1}}, "s.range.max: found 1.0, at least min (2.0) is wanted"),
    ({"rules": [{"rang": {}}]}, "s.rules[0].rang: unknown name; did you mean range? Known here: range, missing, trim"),
    ({"rules": [{"range": {"column": "x", "mn": 1}}]}, "s.rules[0].range.mn: unknown key; did you mean min? Known here: column, min, max"),
    ({"rules": [{"missing": ["a", "a"]}]}, 's.rules[0].missing[1]: found "a" twice'),
    ({"rules": [{"missing": []}]}, "s.rules[0].missing: found an empty list"),
    ({"rules": [3]}, "s.rules[0]: found 3, one of range, missing, trim is wanted"),
    (
        {"rules": [{"range": None, "column": "x"}]},
        "s.rules[0]: found a mapping with range, column, one name is wanted; its params stand below it, indented further",
    ),
    ({5: 1}, "s.5: unknown key. Known here: rules, share, votes, level, strict, method, code, pair, sizes, fractions, names, from, null, "
     "range, anything"),
    ({None: [], "null": []}, "s.null: the key is here twice"),
    ([], "s: found a list of 0, a mapping is wanted"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "problem"), REFUSED)
def test_what_does_not_fit_is_refused_with_path_and_reason(raw: Any, problem: str) -> None:
    assert refused(raw) == [problem]


def test_all_problems_are_told_at_once() -> None:
    assert len(refused({"votes": "x", "share": 7, "rules": [{"range": {"min": "a", "max": "b"}}], "unknown": 1})) == 6


def test_a_misspelt_required_key_is_one_problem() -> None:
    assert refused({"range": {"colum": "x"}}) == [
        "s.range.colum: unknown key; did you mean column? Known here: column, min, max"
    ]


def test_a_key_that_yaml_reads_as_null_is_the_name() -> None:
    assert parse(Section, yaml12.load("null: [NA]")).null == ("NA",)


def test_a_problem_gets_the_line_of_its_nearest_parent() -> None:
    text = "s:\n  votes: 0\n  # more\n  rules:\n    - trim\n    - range:\n        min: 1\n"
    with pytest.raises(ParamsError) as caught:
        parse(Section, yaml12.load(text)["s"], "s")
    assert str(caught.value.located(lines(text))).splitlines() == [
        "params.yaml has 2 problems:",
        "  line 2: s.votes: found 0, at least 1 is allowed.",
        "  line 6: s.rules[1].range: the key column is missing.",
    ]


KNOWN_KEYS = st.sampled_from(
    ["rules", "share", "votes", "pair", "range", "fractions", "names", "level", "method", "null", "column", "missing"]
)
GARBAGE = st.recursive(
    TREES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KNOWN_KEYS | st.none() | st.integers(), inner, max_size=5)
    ),
)


@settings(max_examples=150, deadline=None)
@given(GARBAGE | st.dictionaries(KNOWN_KEYS, GARBAGE))
def test_garbage_is_refused_with_a_params_error_and_nothing_else(raw: Any) -> None:
    try:
        parse(Section, raw, "s")
    except ParamsError as error:
        told = error
        assert told.problems
