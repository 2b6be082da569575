from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.project.rewrite import rewrite, says
from dsv.record import yaml12

TEXT = """\
# The head.
dataset: d   # a name

sources:
  shop:
    key: [id]      # what names a record
    batches: [a, b]
clean:
  rules:
    # the first
    - missing: {columns: [text]}
    - range:
        column: price
        min: 0
  # - duplicate: {}
merge: {tie: queue, min_votes: 2}

split:
  salt: v1
"""
CASES = [
    ("one value", ("merge", "tie"), "drop", ["-merge: {tie: queue, min_votes: 2}", "+merge: {tie: drop, min_votes: 2}"]),
    ("one item more", ("sources", "shop", "batches"), ["a", "b", "c"], ["-    batches: [a, b]", "+    batches: [a, b, c]"]),
    ("beside a comment", ("dataset",), "e", ["-dataset: d   # a name", "+dataset: e   # a name"]),
    ("a comment of a list", ("sources", "shop", "key"), ["x"], ["-    key: [id]      # what names a record", "+    key: [x]      # what names a record"]),
    ("a rule more", ("clean", "rules", 2), {"duplicate": {}}, ["+    - duplicate: {}"]),
    ("a rule first", ("clean", "rules", -9), {"duplicate": {}}, ["+    - duplicate: {}"]),
    ("a rule changed", ("clean", "rules", 1, "range", "min"), 1, ["-    - range:", "-        column: price", "-        min: 0", "+    - range: {column: price, min: 1}"]),
    ("a section more", ("audit",), {"label": "l"}, ["+audit:", "+  label: l"]),
    ("a section less", ("merge",), None, ["-merge: {tie: queue, min_votes: 2}"]),
]  # fmt: skip


def changed(goal: Any, path: tuple[Any, ...], value: Any) -> Any:
    for step in path[:-1]:
        goal = goal[step]
    if isinstance(goal, list) and not 0 <= path[-1] < len(goal):
        goal.insert(max(path[-1], 0), value)
    elif value is None:
        del goal[path[-1]]
    else:
        goal[path[-1]] = value


@pytest.mark.parametrize(("path", "value", "lines"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_only_the_lines_that_say_it_change(path: tuple[Any, ...], value: Any, lines: list[str]) -> None:
    goal = yaml12.load(TEXT)
    changed(goal, path, value)
    new = rewrite(TEXT, goal)
    gone = [f"-{line}" for line in TEXT.splitlines() if line not in new.splitlines()]
    come = [f"+{line}" for line in new.splitlines() if line not in TEXT.splitlines()]
    assert (gone + come, yaml12.load(new)) == (lines, goal)


def test_a_new_section_stands_where_it_is_wanted() -> None:
    plain = yaml12.load(TEXT)
    goal = {name: plain[name] for name in ("dataset", "sources", "clean")} | {"more": {"use": "clean"}} | plain
    assert list(yaml12.load(rewrite(TEXT, goal))) == ["dataset", "sources", "clean", "more", "merge", "split"]
    assert "# - duplicate: {}" in rewrite(TEXT, goal)


SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["a", "b: c", "# d", "", "yes", "1", "é\n", "- x"])
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
FILES = st.dictionaries(st.sampled_from("abcdef"), TREES, max_size=4)


@settings(deadline=None, max_examples=150, derandomize=True)
@given(FILES, FILES, st.booleans())
def test_any_text_comes_to_say_any_value(old: dict[str, Any], goal: dict[str, Any], crlf: bool) -> None:
    text = yaml12.dump(old)
    text = text.replace("\n", "\r\n") if crlf else text
    assert says(yaml12.load(rewrite(text, goal)), goal)
