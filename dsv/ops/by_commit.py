"""Which commit brought each change between two versions, found by comparing the versions between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from dsv.delta.model import OPS
from dsv.ops.diff import Diff
from dsv.ops.sides import Opened
from dsv.project.history import Entry, between
from dsv.project.layout import INGEST
from dsv.project.version import Version
from dsv.runner.compare import difference
from dsv.runner.compare.difference import KEY, keyed
from dsv.runner.compare.side import Side
from dsv.vcs import revision

UNDONE, WORKSPACE = "undone", "workspace"


class Brought(NamedTuple):
    """A commit, and the records whose last change it made. In place of a commit: `workspace`, what is not committed;
    `undone`, what the first version has and the history of the second has not."""

    entry: Entry | str
    counts: Mapping[str, int]

    def json(self) -> dict[str, Any]:
        e = self.entry
        if isinstance(e, str):
            return {"rev": None, "message": e, **self.counts}
        return {"rev": e.sha, "version": e.version, "date": e.date, "author": e.author, "message": e.message, **self.counts}


class ByCommit(NamedTuple):
    """The commits that brought changes, oldest first, and for each changed record which of them (an index) did."""

    commits: Sequence[Brought]
    of: Sequence[int]


def by_commit(found: Diff) -> ByCommit:
    """The commit that made the last change of each record of a diff. Only versions between the two are looked at."""
    steps = _steps(found)
    parts = []
    for number, (_, old, new) in enumerate(steps):
        rows = difference.compare(old, new).rows
        parts.append(_keys(rows, old, new).with_columns(step=pl.lit(number, pl.Int64)))
    last = pl.concat(parts).group_by(KEY).agg(pl.col("step").max())
    own = _keys(found.rows, *found.sides).join(last, on=KEY, how="left", maintain_order="left")
    numbers = own["step"].fill_null(len(steps) - 1)
    counted = found.rows.select("op", step=numbers).group_by("step", "op").len()
    table = [dict.fromkeys(OPS, 0) for _ in steps]
    for step, op, n in counted.iter_rows():
        table[step][op] = n
    return ByCommit([Brought(entry, counts) for (entry, _, _), counts in zip(steps, table, strict=True)], numbers.to_list())


def _steps(found: Diff) -> list[tuple[Entry | str, Side, Side]]:
    """The way from one version to the other, version by version."""
    layout, a, b = found.a.layout, found.a.sha, found.b.sha or revision.head(found.b.layout.root)
    if a is None or b is None:
        return [(WORKSPACE, *found.sides)]
    base = revision.merge_base(layout.root, a, b)
    way: list[tuple[Entry | str, Version]] = []
    if base is not None and base != a:
        way.append((UNDONE, Version(layout, base, base)))
    way += [(entry, Version(layout, entry.version or entry.sha, entry.sha)) for entry in between(layout, base or a, b)]
    known = [(entry, version) for entry, version in way if INGEST in version.locked]
    if found.b.sha is None or not known:
        known.append((WORKSPACE if found.b.sha is None else UNDONE, found.b))
    sides = [*(Opened(version).side for _, version in known[:-1]), found.sides[1]]
    return list(zip((entry for entry, _ in known), [found.sides[0], *sides], sides, strict=False))


def _keys(rows: pl.DataFrame, old: Side, new: Side) -> pl.DataFrame:
    """Source and key hash of each row of a difference, aligned with it."""
    numbered = rows.with_row_index("number")
    parts = []
    for key, side, some in (("b", new, numbered.drop_nulls("b_shard")), ("a", old, numbered.filter(pl.col("b_shard").is_null()))):
        parts.append(keyed(side, some.select("number", shard=f"{key}_shard", row=f"{key}_row")))
    return pl.concat(parts).sort("number").select(KEY)
