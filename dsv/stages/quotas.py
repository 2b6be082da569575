"""Fills the quotas of splits with groups of records: in arrays, for there may be as many groups as records."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]


class _Groups(NamedTuple):
    """Of each row the number of its group (`of`) and its batch; of each group: key, place on the circle, stratum, first batch."""

    of: Ints
    batch: Ints
    keys: Words
    place: Words
    stratum: Words
    first: Ints


class _Later(NamedTuple):
    """Records that come to a group after its first batch, one entry each: the group and the batch."""

    group: Ints
    batch: Ints


def sticky(rows: pl.DataFrame, unit: str, shares: Sequence[float]) -> Ints:
    """The number of the split of each row. Batch by batch, new groups fill what each split lacks; what is assigned stays.

    Columns: `unit`, u, stratum, batch. A group has the stratum of its first record.
    """
    groups = _groups(rows, unit)
    late = groups.batch != groups.first[groups.of]
    sizes = np.bincount(groups.of[~late], minlength=len(groups.keys))
    later = _Later(groups.of[late], groups.batch[late])
    # By stratum and batch, and in each by place; so lie the entries of the groups that are new there.
    order, starts = _order(groups, groups.stratum, groups.first)
    entries = _sorted(later, groups)
    split = np.zeros(len(groups.keys), dtype=np.int64)
    for some in _by_stratum(groups, order, starts):
        batches = np.array([groups.first[order[start]] for start, _ in some])
        have, grown = np.zeros(len(shares)), np.zeros((len(some) + 1, len(shares)))
        for i, (start, end) in enumerate(some):
            new = order[start:end]
            have += grown[i]
            split[new] = _fill(sizes[new], have, np.asarray(shares))
            have += np.bincount(split[new], sizes[new], len(shares))
            own = entries.of(groups.stratum[new[0]], batches[i])
            # What comes later counts from the first batch with new groups that it does not come after.
            at = np.maximum(np.searchsorted(batches, own.batch), i + 1)
            np.add.at(grown, (at, split[own.group]), 1)
    return split[groups.of]


def fresh(rows: pl.DataFrame, unit: str, shares: Sequence[float]) -> Ints:
    """The number of the split of each row, of one draw over all groups. A group has its most frequent stratum."""
    groups = _groups(rows, unit)
    sizes = np.bincount(groups.of, minlength=len(groups.keys))
    strata = _most_frequent(groups, rows["stratum"].to_numpy())
    order, starts = _order(groups, strata, np.zeros_like(groups.first))
    split = np.zeros(len(groups.keys), dtype=np.int64)
    for start, end in pairwise(starts):
        new = order[start:end]
        split[new] = _fill(sizes[new], np.zeros(len(shares)), np.asarray(shares))
    return split[groups.of]


def _fill(sizes: Ints, have: Floats, shares: Floats) -> Ints:
    """The split of each of some groups, in order, so that each split gets its share of what it lacks."""
    total = sizes.sum()
    lacking = np.maximum(shares * (have.sum() + total) - have, 0)
    bounds = np.cumsum(lacking / lacking.sum() * total) if lacking.sum() > 0 else np.cumsum(shares * total)
    middle = np.cumsum(sizes) - sizes / 2
    found: Ints = np.minimum(np.searchsorted(bounds, middle, side="left"), len(shares) - 1)
    return found


def _groups(rows: pl.DataFrame, unit: str) -> _Groups:
    keys, first, of = np.unique(rows[unit].to_numpy(), return_index=True, return_inverse=True)
    batch = rows["batch"].to_numpy().astype(np.int64)
    place = keys if unit == "u" else rows["u"].to_numpy()[first]
    return _Groups(of, batch, keys, place, rows["stratum"].to_numpy()[first], batch[first])


def _order(groups: _Groups, strata: Words, batches: Ints) -> tuple[Ints, list[int]]:
    """The groups by stratum, batch and place, and where each stratum and batch begins; the number of groups at the end."""
    by: list[npt.NDArray[Any]] = [] if groups.place is groups.keys else [groups.keys, groups.place]
    by += [values for values in (batches, strata) if len(values) and (values != values[0]).any()]
    # Keys are in order; where they are the places there is nothing to sort by them.
    order = np.lexsort(by) if by else np.arange(len(groups.keys))
    change = (np.diff(strata[order]) != 0) | (np.diff(batches[order]) != 0)
    starts = [0, *(np.flatnonzero(change) + 1).tolist()] if len(order) else []
    return order, [*starts, len(order)]


def _by_stratum(groups: _Groups, order: Ints, starts: list[int]) -> list[list[tuple[int, int]]]:
    """Ranges of groups that are new with one batch, stratum by stratum."""
    found: dict[int, list[tuple[int, int]]] = {}
    for start, end in pairwise(starts):
        found.setdefault(int(groups.stratum[order[start]]), []).append((start, end))
    return list(found.values())


class _Entries(NamedTuple):
    """Later records by stratum and first batch of their group."""

    later: _Later
    ranges: dict[tuple[int, int], slice]

    def of(self, stratum: np.uint64, batch: np.int64) -> _Later:
        """Those of the groups of a stratum that were new with a batch."""
        some = self.ranges.get((int(stratum), int(batch)), slice(0, 0))
        return _Later(self.later.group[some], self.later.batch[some])


def _sorted(later: _Later, groups: _Groups) -> _Entries:
    strata, first = groups.stratum[later.group], groups.first[later.group]
    order = np.lexsort((first, strata))
    later, strata, first = _Later(later.group[order], later.batch[order]), strata[order], first[order]
    change = np.flatnonzero((np.diff(strata) != 0) | (np.diff(first) != 0)) + 1
    starts = [0, *change.tolist(), len(order)] if len(order) else []
    return _Entries(later, {(int(strata[a]), int(first[a])): slice(a, b) for a, b in pairwise(starts)})


def _most_frequent(groups: _Groups, stratum: Words) -> Words:
    """The most frequent stratum among the records of each group; of equally frequent ones the smallest."""
    if not len(stratum) or (stratum == stratum[0]).all():
        return groups.stratum
    order = np.lexsort((stratum, groups.of))
    of, strata = groups.of[order], stratum[order]
    starts = np.flatnonzero(np.append(True, (np.diff(of) != 0) | (np.diff(strata) != 0)))
    counts = np.diff(np.append(starts, len(order)))
    of, strata = of[starts], strata[starts]
    # Of each group the first: most records, then the smallest.
    best = np.lexsort((strata, -counts, of))
    _, first = np.unique(of[best], return_index=True)
    found: Words = strata[best][first]
    return found
