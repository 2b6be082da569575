from __future__ import annotations

from math import ceil, log2

from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.ops.search import BAD, GOOD, SKIP, Verdict, turn


@given(st.integers(1, 300), st.data())
@settings(deadline=None, max_examples=200, derandomize=True)
def test_the_turn_is_found_in_as_few_looks_as_there_are_bits(last: int, data: st.DataObject) -> None:
    first_bad = data.draw(st.integers(1, last))
    looked: list[int] = []

    def judge(place: int) -> Verdict:
        looked.append(place)
        return BAD if place >= first_bad else GOOD

    assert turn(last, judge) == (first_bad - 1, first_bad)
    assert len(looked) <= ceil(log2(last))


@given(st.integers(1, 40), st.data())
@settings(deadline=None, max_examples=200, derandomize=True)
def test_what_is_skipped_leaves_a_range_that_holds_the_turn(last: int, data: st.DataObject) -> None:
    first_bad = data.draw(st.integers(1, last))
    skipped = data.draw(st.sets(st.integers(1, last)))
    looked: list[int] = []

    def judge(place: int) -> Verdict:
        looked.append(place)
        return SKIP if place in skipped else BAD if place >= first_bad else GOOD

    good, bad = turn(last, judge)
    assert good < first_bad <= bad
    assert set(range(good + 1, bad)) <= skipped
    assert len(looked) == len(set(looked))
