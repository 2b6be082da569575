"""Groups that are connected: records that share a value of any group column stay together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl


def join_groups(rows: pl.DataFrame, columns: Sequence[str]) -> list[pl.Series]:
    """`g0` and `u` of each row replaced by those of its component's earliest record.

    A record that joins two components moves the younger one: members never end in two splits.
    """
    codes, offset = [], 0
    for name in columns:
        code = rows[name].rank("dense").to_numpy().astype(np.int64) - 1 + offset
        offset = int(code.max()) + 1 if len(code) else offset
        codes.append(code)
    parent = list(range(offset))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    pairs = np.unique(np.stack(codes, axis=1), axis=0) if len(rows) else np.empty((0, len(columns)), dtype=np.int64)
    for pair in pairs.tolist():
        first = root(pair[0])
        for other in pair[1:]:
            parent[root(other)] = first
    roots = (
        np.array([root(node) for node in range(offset)], dtype=np.int64)[codes[0]]
        if len(rows)
        else np.empty(0, dtype=np.int64)
    )
    first_rows = pl.DataFrame({"root": roots, "at": np.arange(len(roots))}).with_columns(
        first=pl.col("at").min().over("root")
    )["first"]
    return [rows["g0"].gather(first_rows).alias("g0"), rows["u"].gather(first_rows).alias("u")]
