from __future__ import annotations

from pathlib import Path

import pytest

from dsv.errors import UsageError
from dsv.ops import answers
from dsv.ops.answers import Answer
from dsv.ops.conflicts import BATCH, PARAM, RECORD, Conflict

RECORDS = [Conflict(RECORD, name, {"a": 0}, {"a": 1}, {"a": 2}) for name in ("shop/2", "shop/30")]
UNDONE = [
    Conflict(RECORD, "s/1", 0, 0, 2, True),
    Conflict(RECORD, "s/2", 0, 1, 0, True),
    Conflict(BATCH, "s/b", 0, 1, 2),
]


def read(folder: Path, name: str, text: str) -> dict[str, Answer]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return answers.read(path)


def test_json_lines_and_csv_say_the_same(tmp_path: Path) -> None:
    lines = '{"id": "a", "side": "ours"}\n\n{"id": "b", "values": {"x": "1"}}\n{"id": "c", "value": 3}\n{"id": "d", "ours": 1}\n'
    table = "\ufeffid,side,value,x\na,ours,,\nb,,,1\nc,,3,\nd,,,\n"
    found = read(tmp_path, "c.jsonl", lines)
    assert found == read(tmp_path, "c.csv", table)
    assert found == {"a": Answer("ours"), "b": Answer(None, {"x": "1"}), "c": Answer(None, {}, 3, True)}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("c.csv", "id,side\nshop/2,mine\n", "line 2: the side is 'mine'; ours or theirs is wanted"),
        ("c.csv", "side\nours\n", "has no column `id`"),
        ("c.csv", "id,side\nshop/2,ours,b\n", "line 2 has more cells than there are columns"),
        ("c.csv", 'id,side\n"shop/2,ours\n', "line 1: unexpected end of data"),
        ("c.jsonl", "nonsense\n", "line 1 is no JSON"),
        ("c.jsonl", "[]\n", "line 1 is no JSON object"),
        ("c.jsonl", '{"side": "ours"}\n', "line 1 has no `id`"),
        ("c.jsonl", '{"id": "a", "values": 3}\n', "`values` is no object of column and value"),
        ("c.jsonl", '{"id": "a", "side": "ours"}\n' * 2, "line 2: a is here twice"),
    ],
)
def test_a_file_that_says_something_else_is_refused_with_its_line(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        read(tmp_path, name, text)


def test_a_conflict_without_answer_is_named() -> None:
    with pytest.raises(UsageError, match="Nothing was said of 1 conflicts: shop/30"):
        answers.complete(RECORDS, None, {"shop/2": Answer("ours")})


def test_an_answer_to_what_is_no_conflict_is_refused_with_a_near_id() -> None:
    with pytest.raises(UsageError, match=r"shop/22 is not in conflict; did you mean shop/2\?"):
        answers.complete(RECORDS, "ours", {"shop/22": Answer("ours")})


def test_a_param_has_no_columns() -> None:
    with pytest.raises(UsageError, match="is a param: say `value`"):
        answers.complete([Conflict(PARAM, "merge.tie", 0, 1, 2)], None, {"merge.tie": Answer(None, {"x": 1})})


@pytest.mark.parametrize("side", [None, "ours", "theirs"])
def test_what_one_side_changed_alone_is_as_that_side_has_it(side: str | None) -> None:
    found = answers.complete(UNDONE, side, {})
    assert {name: answer.side for name, answer in found.items()} == {"s/1": "theirs", "s/2": "ours", "s/b": "ours"}
