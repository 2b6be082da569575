from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsv.delta.words import CAME, MOST, SAME, WENT, side, words

TEXT = st.text("ab .\n", max_size=30)


@pytest.mark.parametrize(
    ("old", "new", "runs"),
    [
        ("a bad apple", "a red apple", [("=", "a "), ("-", "bad"), ("+", "red"), ("=", " apple")]),
        ("same", "same", [("=", "same")]),
        ("", "new", [("+", "new")]),
        ("one two three", "one three", [("=", "one "), ("-", "two "), ("=", "three")]),
        ("is it so", "was he so", [("-", "is it"), ("+", "was he"), ("=", " so")]),
        ("8.25", "8.5", [("-", "8.25"), ("+", "8.5")]),
        ("it's", "its", [("-", "it's"), ("+", "its")]),
    ],
)
def test_changed_words_are_marked_and_the_others_are_not(old: str, new: str, runs: list[tuple[str, str]]) -> None:
    assert words(old, new) == runs


@given(TEXT, TEXT)
def test_the_runs_of_each_side_are_that_text(old: str, new: str) -> None:
    runs = words(old, new)
    assert "".join(text for _, text in side(runs, WENT)) == old
    assert "".join(text for _, text in side(runs, CAME)) == new


@given(TEXT, TEXT)
def test_equal_texts_and_only_they_have_no_change(old: str, new: str) -> None:
    assert (old == new) == all(kind == SAME for kind, _ in words(old, new))


def test_very_long_texts_are_marked_between_what_is_alike() -> None:
    old, new = "x " * (MOST + 1), "y " * (MOST + 1)
    assert [kind for kind, _ in words(f"a {old}b", f"a {new}b")] == [SAME, WENT, CAME, SAME]
