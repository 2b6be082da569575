"""Quotas in arrays against the same by hand, group by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.stages import quotas

SHARES = st.sampled_from([(0.5, 0.5), (0.1, 0.8, 0.1), (0.25, 0.0, 0.5, 0.25), (1.0,)])
# Records as (group, batch, stratum); a group's place on the circle follows from its number, not in their order.
RECORDS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=40)
Record = tuple[int, int, int]


def place(group: int) -> int:
    return group * 7 % 9 * 2**60


def frame(records: Sequence[Record]) -> pl.DataFrame:
    rows = [(group, place(group), stratum, batch) for group, batch, stratum in records]
    return pl.DataFrame(rows, orient="row", schema={"g0": pl.UInt64, "u": pl.UInt64, "stratum": pl.UInt64, "batch": pl.UInt32})


def fill(groups: Sequence[int], sizes: dict[int, int], have: list[int], shares: Sequence[float]) -> dict[int, int]:
    """Each group goes to the split in whose arc of what is lacking its middle lies."""
    coming = sum(sizes[g] for g in groups)
    lacking = [max(share * (sum(have) + coming) - own, 0.0) for share, own in zip(shares, have, strict=True)]
    ends, found, before = [], {}, 0
    for i in range(len(shares)):
        ends.append(sum(lacking[: i + 1]) / sum(lacking) * coming)
    for g in groups:
        middle = before + sizes[g] / 2
        found[g] = next((i for i, end in enumerate(ends) if end >= middle - 1e-9), len(shares) - 1)
        before += sizes[g]
    return found


def strata(records: Sequence[Record], of: dict[int, int]) -> list[list[int]]:
    members: dict[int, list[int]] = {}
    for group in sorted({g for g, _, _ in records}, key=place):
        members.setdefault(of[group], []).append(group)
    return list(members.values())


@given(RECORDS, SHARES)
@settings(deadline=None)
def test_a_fresh_draw_fills_each_stratum_by_place(records: list[Record], shares: tuple[float, ...]) -> None:
    counted: dict[int, Counter[int]] = {}
    for group, _, stratum in records:
        counted.setdefault(group, Counter())[stratum] += 1
    of = {g: min(n, key=lambda s: (-n[s], s)) for g, n in counted.items()}
    wanted: dict[int, int] = {}
    for members in strata(records, of):
        wanted |= fill(members, {g: n.total() for g, n in counted.items()}, [0] * len(shares), shares)
    assert quotas.fresh(frame(records), "g0", shares).tolist() == [wanted[g] for g, _, _ in records]


@given(RECORDS, SHARES)
@settings(deadline=None)
def test_new_groups_fill_what_is_lacking_batch_by_batch(records: list[Record], shares: tuple[float, ...]) -> None:
    first = {group: (batch, stratum) for group, batch, stratum in reversed(records)}
    wanted: dict[int, int] = {}
    for members in strata(records, {g: stratum for g, (_, stratum) in first.items()}):
        for batch in sorted({first[g][0] for g in members}):
            have = [0] * len(shares)
            for group, own, _ in records:
                if group in members and group in wanted and (own <= batch or own == first[group][0]):
                    have[wanted[group]] += 1
            sizes = Counter(g for g, own, _ in records if own == first[g][0])
            wanted |= fill([g for g in members if first[g][0] == batch], sizes, have, shares)
    assert quotas.sticky(frame(records), "g0", shares).tolist() == [wanted[g] for g, _, _ in records]


def test_a_group_that_is_its_own_key_is_assigned_alike() -> None:
    rows = frame([(g, g % 3, g % 2) for g in range(9)])
    renamed = rows.drop("g0")
    for fn in (quotas.sticky, quotas.fresh):
        assert fn(renamed, "u", (0.5, 0.5)).tolist() == fn(rows, "g0", (0.5, 0.5)).tolist()
