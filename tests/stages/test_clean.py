from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.stages import clean
from tests.stages.harness import run, shard

BOX = pl.List(
    pl.Struct(
        {
            "label": pl.String,
            "xmin": pl.Float64,
            "ymin": pl.Float64,
            "xmax": pl.Float64,
            "ymax": pl.Float64,
            "extra": pl.String,
        }
    )
)


@pytest.mark.parametrize(
    ("rule", "column", "values", "kept"),
    [
        ({"missing": {"columns": ["v"]}}, "v", ["a", None, ""], ["a", ""]),
        (
            {"range": {"column": "v", "min": 0, "max": 5}},
            "v",
            [-1.0, 0.0, 5.0, 5.1, None, float("nan")],
            [0.0, 5.0, None],
        ),
        ({"pattern": {"column": "v", "regex": "^[a-z]+$"}}, "v", ["ab", "a1", None], ["ab", None]),
        ({"pattern": {"column": "v", "regex": "1", "drop": "matching"}}, "v", ["ab", "a1"], ["ab"]),
        ({"allowed": {"column": "v", "values": ["x", "y"]}}, "v", ["x", "z", None], ["x", None]),
        ({"length": {"column": "v", "min": 2, "max": 3}}, "v", ["a", "ab", "abc", "abcd", None], ["ab", "abc", None]),
        ({"filter": {"where": "v > 1 and v <> 3"}}, "v", [1, 2, 3, 4, None], [2, 4]),
        ({"duplicate": {"columns": ["v"]}}, "v", ["a", "b", "a", None, None], ["a", "b", None]),
        ({"text": {"columns": ["v"], "collapse": True, "case": "lower"}}, "v", [" A  b ", None], ["a b", None]),
        (
            {"aliases": {"column": "v", "map": {"N/A": "", "kat": "cat"}}},
            "v",
            ["N/A", "kat", "dog"],
            [None, "cat", "dog"],
        ),
        (
            {"unit": {"column": "v", "factor": 0.5556, "offset": -17.778, "decimals": 2}},
            "v",
            [98.6, None],
            [37.0, None],
        ),
    ],
)
def test_what_a_rule_keeps(rule: dict[str, Any], column: str, values: list[Any], kept: list[Any]) -> None:
    found = run(clean, {"rules": [rule]}, [shard({column: values})])
    assert found.values[column].to_list() == kept


def test_a_duplicate_names_the_record_that_stays() -> None:
    found = run(
        clean, {"rules": [{"duplicate": {"columns": ["v"]}}]}, [shard({"v": ["a", "b"]}), shard({"v": ["b", "a"]})]
    )
    assert found.drops == {"s/2": ("duplicate", "s/1"), "s/3": ("duplicate", "s/0")}


def test_zero_area_boxes_are_removed_and_named() -> None:
    boxes = [
        [
            {"label": "RBC", "xmin": 504.0, "ymin": 337.0, "xmax": 504.0, "ymax": 337.0, "extra": None},
            {"label": "WBC", "xmin": -1.0, "ymin": 2.0, "xmax": 9.0, "ymax": 9.0, "extra": None},
        ]
    ]
    frame = pl.DataFrame({"boxes": pl.Series(boxes, dtype=BOX), "width": [640], "height": [480]})
    found = run(clean, {"rules": [{"boxes": {}}]}, [shard(frame)])
    (kept,) = found.values["boxes"].to_list()
    assert [(b["label"], b["xmin"]) for b in kept] == [("WBC", 0.0)]
    assert found.decisions[0] is not None
    assert "RBC 504,337,504,337 zero area" in found.decisions[0].table["detail"][0]


values = st.none() | st.sampled_from(["a", "A", " a", "bb", ""])
RULES: list[dict[str, Any]] = [
    {"missing": {"columns": ["v"]}},
    {"duplicate": {"columns": ["v"]}},
    {"duplicate": {"columns": ["v", "w"]}},
    {"text": {"columns": ["v"], "case": "lower"}},
    {"length": {"column": "w", "max": 1}},
    {"aliases": {"column": "w", "map": {"a": "bb"}}},
]


def oracle(rules: list[dict[str, Any]], rows: list[tuple[Any, Any]]) -> list[tuple[int, Any, Any]]:
    """The rules applied one after the other to a plain list."""
    left = [(i, {"v": v, "w": w}) for i, (v, w) in enumerate(rows)]
    for rule in rules:
        ((name, about),) = rule.items()
        if name == "missing":
            left = [(i, r) for i, r in left if r["v"] is not None]
        elif name == "length":
            left = [(i, r) for i, r in left if r["w"] is None or len(r["w"]) <= 1]
        elif name == "text":
            left = [(i, {**r, "v": r["v"].strip().lower() if r["v"] is not None else None}) for i, r in left]
        elif name == "aliases":
            left = [(i, {**r, "w": "bb" if r["w"] == "a" else r["w"]}) for i, r in left]
        else:
            seen: set[Any] = set()
            unique = []
            for i, r in left:
                key = tuple(r[c] for c in about["columns"])
                if key not in seen:
                    seen.add(key)
                    unique.append((i, r))
            left = unique
    return [(i, r["v"], r["w"]) for i, r in left]


@given(
    st.lists(st.sampled_from(RULES), max_size=5),
    st.lists(st.tuples(values, values), min_size=1, max_size=15),
    st.integers(0, 15),
)
@settings(deadline=None, max_examples=150)
def test_rules_act_one_after_the_other(rules: list[dict[str, Any]], rows: list[tuple[Any, Any]], cut: int) -> None:
    schema = {"v": pl.String, "w": pl.String}
    parts = [part for part in (rows[:cut], rows[cut:]) if part]
    found = run(clean, {"rules": rules}, [shard(pl.DataFrame(part, schema=schema, orient="row")) for part in parts])
    assert found.values.select("_id", "v", "w").rows() == [(f"s/{i}", v, w) for i, v, w in oracle(rules, rows)]
