"""Groups that are connected: records that share a value of any group column stay together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]


def join_groups(rows: pl.DataFrame, columns: Sequence[str]) -> list[pl.Series]:
    """`g0` and `u` of each row replaced by those of its component's earliest record.

    A record that joins two components moves the younger one: members never end in two splits.
    """
    codes: list[Ints] = []
    nodes = 0
    for name in columns:
        distinct, code = np.unique(rows[name].to_numpy(), return_inverse=True)
        codes.append(code + nodes)
        nodes += len(distinct)
    component = _components(nodes, [(codes[0], other) for other in codes[1:]])[codes[0]]
    _, first, of = np.unique(component, return_index=True, return_inverse=True)
    earliest = pl.Series(first[of])
    return [rows["g0"].gather(earliest).alias("g0"), rows["u"].gather(earliest).alias("u")]


def _components(nodes: int, edges: Sequence[tuple[Ints, Ints]]) -> Ints:
    """The least node that each node is connected with.

    Every node points to a lower one of its component or to itself; both ends of an edge, and what these point to, come to
    point to the lower of both, and then to where that points in the end, until nothing changes.
    """
    least = np.arange(nodes)
    while True:
        before = least.copy()
        for left, right in edges:
            low = np.minimum(before[left], before[right])
            for end in (left, right, before[left], before[right]):
                np.minimum.at(least, end, low)
        while not np.array_equal(further := least[least], least):
            least = further
        if np.array_equal(least, before):
            return least
