"""Folding deliveries, against a dictionary that is simply overwritten."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.runner.ingest import fold

NEW = {"hi": pl.UInt64, "lo": pl.UInt64, "hash": pl.Binary}
PRIOR = {"hi": pl.UInt64, "lo": pl.UInt64, "n": pl.UInt32, "shard": pl.UInt32, "row": pl.UInt32, "live": pl.Boolean}
deliveries = st.lists(
    st.lists(st.tuples(st.integers(1, 6), st.sampled_from([b"a", b"b", b"c"])), max_size=8), max_size=6
)


class Folded:
    """Positions as the runner keeps them: stored rows per delivery, and events that make them live or not."""

    def __init__(self, policy: fold.Policy) -> None:
        self.policy = policy
        self.stored: list[list[tuple[int, int, bytes]]] = []
        self.live: dict[tuple[int, int], bool] = {}
        self.rows = 0

    def deliver(self, rows: list[tuple[int, bytes]]) -> dict[str, int]:
        new = pl.DataFrame(
            {"hi": [k for k, _ in rows], "lo": [0] * len(rows), "hash": [v for _, v in rows]}, schema=NEW
        )
        prior = pl.DataFrame(
            [
                (k, 0, n, s, r, self.live[s, r])
                for s, part in enumerate(self.stored)
                for r, (k, n, _) in enumerate(part)
            ],
            schema=PRIOR,
            orient="row",
        )
        found = fold.fold(new, prior, self._hashes, self.policy)
        for shard, row, _, action in found.events.iter_rows():
            self.live[shard, row] = action == "keep"
        kept = found.fate.filter(pl.col("fate").is_in([fold.NEW, fold.LOSER, fold.CONFLICT]))
        shard = len(self.stored)
        self.stored.append([])
        for at, fate, n in kept.iter_rows():
            self.live[shard, len(self.stored[shard])] = fate == fold.NEW
            self.stored[shard].append((rows[at][0], n, rows[at][1]))
        self.rows += kept.height
        return found.counts

    def _hashes(self, positions: pl.DataFrame) -> pl.Series:
        return pl.Series(
            [self.stored[s][r][2] for s, r in positions.select("shard", "row").iter_rows()], dtype=pl.Binary
        )

    def values(self) -> list[tuple[int, bytes]]:
        return sorted(
            (k, v) for s, part in enumerate(self.stored) for r, (k, _, v) in enumerate(part) if self.live[s, r]
        )


@given(deliveries, st.booleans(), st.sampled_from(["replace", "keep"]))
@settings(deadline=None, max_examples=300)
def test_what_is_live_is_what_a_dictionary_holds(
    given: list[list[tuple[int, bytes]]], snapshot: bool, conflict: str
) -> None:
    folded = Folded(fold.Policy(snapshot, conflict, repeats=False))
    truth: dict[int, bytes] = {}
    for rows in given:
        folded.deliver(rows)
        last: dict[int, bytes] = {}
        for key, value in rows:
            if conflict == "replace" or key not in last:
                last[key] = value
        truth = last if snapshot else ({**last, **truth} if conflict == "keep" else {**truth, **last})
        assert folded.values() == sorted(truth.items())


@given(deliveries, st.booleans())
@settings(deadline=None, max_examples=200)
def test_annotations_of_one_key_are_replaced_together(given: list[list[tuple[int, bytes]]], snapshot: bool) -> None:
    folded = Folded(fold.Policy(snapshot, "replace", repeats=True))
    truth: dict[int, list[bytes]] = {}
    for rows in given:
        folded.deliver(rows)
        again: dict[int, list[bytes]] = {}
        for key, value in rows:
            again.setdefault(key, []).append(value)
        truth = again if snapshot else {**truth, **again}
        assert folded.values() == sorted((k, v) for k, values in truth.items() for v in values)


@given(deliveries, st.booleans())
@settings(deadline=None, max_examples=100)
def test_a_delivery_that_says_nothing_new_stores_nothing(given: list[list[tuple[int, bytes]]], snapshot: bool) -> None:
    folded = Folded(fold.Policy(snapshot, "replace", repeats=False))
    for rows in given:
        folded.deliver(rows)
    if given:
        stored = folded.rows
        folded.deliver(given[-1])
        assert folded.rows == stored


@given(deliveries)
@settings(deadline=None, max_examples=100)
def test_every_delivered_row_is_counted_once(given: list[list[tuple[int, bytes]]]) -> None:
    folded = Folded(fold.Policy(False, "replace", repeats=False))
    for rows in given:
        counts = folded.deliver(rows)
        fates = sum(counts.get(fate, 0) for fate in (fold.NEW, fold.REPEATED, fold.RESTORED, fold.LOSER, fold.CONFLICT))
        assert fates == counts["read"] == len(rows)


def test_a_conflict_is_reported_where_it_is_an_error() -> None:
    folded = Folded(fold.Policy(False, "error", repeats=False))
    folded.deliver([(1, b"a")])
    new = pl.DataFrame({"hi": [1], "lo": [0], "hash": [b"b"]}, schema=NEW)
    prior = pl.DataFrame([(1, 0, 1, 0, 0, True)], schema=PRIOR, orient="row")
    assert fold.fold(
        new, prior, lambda p: pl.Series([b"a"] * p.height, dtype=pl.Binary), folded.policy
    ).clash.to_list() == [0]


@pytest.mark.parametrize("snapshot", [True, False])
def test_an_empty_delivery_withdraws_only_from_a_snapshot_source(snapshot: bool) -> None:
    folded = Folded(fold.Policy(snapshot, "replace", repeats=False))
    folded.deliver([(1, b"a"), (2, b"b")])
    assert folded.deliver([])["withdrawn"] == (2 if snapshot else 0)
