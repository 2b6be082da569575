"""Which records two versions differ in, by position: cost follows the change, not the size.

Shards of equal name, content and decisions are skipped. Where only decisions differ, records are compared by position;
the rest is joined by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dsv.delta import columns as delta_columns
from dsv.delta.model import ADDED, MODIFIED, MOVED, REMOVED
from dsv.project.manifest import Shard
from dsv.record.arrays import series
from dsv.runner.compare.side import SPLIT, Mask, Rows, Side, State, places
from dsv.runner.shards import cells

ROWS: dict[Any, Any] = {
    "op": pl.String,
    "a_shard": pl.UInt32,
    "a_row": pl.UInt32,
    "b_shard": pl.UInt32,
    "b_row": pl.UInt32,
    "columns": pl.List(pl.String),
}
KEY = ["source", "hi", "lo"]
POSITION: dict[Any, Any] = {"shard": pl.UInt32, "row": pl.UInt32}


@dataclass(frozen=True)
class Difference:
    """`rows`: one per changed record, with its positions and changed columns. `renamed`: columns that only changed their name."""

    rows: pl.DataFrame
    renamed: dict[str, str]

    def count(self, op: str) -> int:
        return self.rows.filter(op=op).height


def compare(a: Side, b: Side) -> Difference:
    """The records in which two versions differ, in arrival order of the new side, then of the old."""
    parts, gone, come = [], [], []
    for index, shard in enumerate(a.shards):
        other = _twin(shard, b)
        if other is None:
            gone.append((index, np.flatnonzero(a.kept(shard))))
        elif a.decided(shard) != b.decided(b.shards[other]):
            left, right = a.kept(shard), b.kept(b.shards[other])
            parts.append(_by_position(a, b, index, other, left & right))
            gone.append((index, np.flatnonzero(left & ~right)))
            come.append((other, np.flatnonzero(right & ~left)))
    for index, shard in enumerate(b.shards):
        if _twin(shard, a) is None:
            come.append((index, np.flatnonzero(b.kept(shard))))
    joined, renamed = _by_id(a, b, positions(gone), positions(come))
    rows = pl.concat([*(part for part in parts if part is not None), joined])
    order = ["b_shard", "b_row", "a_shard", "a_row"]
    return Difference(rows.sort(order, nulls_last=True, maintain_order=True), renamed)


def unlike(a: Side, b: Side) -> list[str]:
    """The shards of `a` that a comparison reads: those that `b` has not got, or about which it decided otherwise."""
    twins = [(shard, _twin(shard, b)) for shard in a.shards]
    return [shard.relative for shard, other in twins if other is None or a.decided(shard) != b.decided(b.shards[other])]


def _twin(shard: Shard, side: Side) -> int | None:
    """The place of the shard of the same name and the same rows in a version, if it has one."""
    place = side.index.get(shard.relative)
    return place if place is not None and same_base(shard, side.shards[place]) else None


def same_base(one: Shard, other: Shard) -> bool:
    """Whether two base shards hold the same rows at the same places."""
    return (one.digest, one.key, one.rows) == (other.digest, other.key, other.rows)


def positions(found: list[tuple[int, Rows]]) -> pl.DataFrame:
    """The rows of shards as positions (columns shard, row)."""
    shards = np.repeat(np.array([index for index, _ in found], np.int64), [len(rows) for _, rows in found])
    rows = np.concatenate([rows for _, rows in found]) if found else shards
    return pl.DataFrame([series(shards, "shard"), series(rows, "row")]).cast(POSITION)


def _by_position(a: Side, b: Side, here: int, there: int, both: Mask) -> pl.DataFrame | None:
    """Changed records of one base shard of which the decisions differ; `both`: those that both sides keep."""
    shard, other = a.shards[here], b.shards[there]
    # A column that all stages set alike on both sides need not be read; one that a side lacks is a change of schema.
    digests = a.digests(shard), b.digests(other)
    changed = [name for name in {**digests[0], **digests[1]} if digests[0].get(name) != digests[1].get(name)]
    names = sorted(name for name in changed if name in a.columns and name in b.columns)
    rows = np.flatnonzero(both)
    if not names or not len(rows):
        return None
    suspects = _suspects(a, b, (shard, other), names, series(rows.astype(np.uint32)))
    if suspects.is_empty():
        return None
    at_a, at_b = _at(here, suspects), _at(there, suspects)
    return _changes(_masks(a, b, at_a, at_b, {name: name for name in names}), at_a, at_b)


def _suspects(a: Side, b: Side, pair: tuple[Shard, Shard], names: list[str], rows: pl.Series) -> pl.Series:
    """Rows where a value may differ: only these are compared value by value."""
    mask = pl.repeat(False, len(rows), dtype=pl.Boolean, eager=True)
    for name in names:
        one, two = a.shard_codes(pair[0], name), b.shard_codes(pair[1], name)
        if one is not None and two is not None and one[0] == two[0]:
            mask = mask | series(one[1:] != two[1:])[rows]
        else:
            mask = mask | _assigned_unlike(a.state(pair[0], [name]), b.state(pair[1], [name]), name, rows)
    return rows.filter(mask)


def _assigned_unlike(left: State, right: State, name: str, rows: pl.Series) -> pl.Series:
    """Where what was assigned, or the fact of assignment, differs."""
    pair = []
    for state in (left, right):
        has = name in state.assigned.columns
        value = state.assigned[name].gather(rows) if has else pl.Series([None] * len(rows))
        mark = state.marks[name].gather(rows) if has else pl.repeat(False, len(rows), dtype=pl.Boolean, eager=True)
        pair.append((value, mark))
    (one, one_mark), (two, two_mark) = pair
    return (one_mark != two_mark) | delta_columns.differs(one, two)


def _masks(a: Side, b: Side, at_a: pl.DataFrame, at_b: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """A mask a column (new name → old name) of where aligned records differ: by codes, or by values where there are none."""
    found: dict[str, pl.Series] = {}
    places_a, places_b = places(at_a), places(at_b)
    for new, old in names.items():
        one, two = a.codes(places_a, old), b.codes(places_b, new)
        if one is not None and two is not None and (one[0] == two[0] or cells.NULL in (one[0], two[0])):
            found[new] = series(one[1:] != two[1:], new)
    rest = {new: old for new, old in names.items() if new not in found}
    if rest:
        left, right = a.records(at_a, sorted(rest.values())), b.records(at_b, sorted(rest))
        left = left.rename({old: new for new, old in rest.items() if old in left.columns})
        compared = delta_columns.changed(left, right, list(rest))
        found |= {name: compared[name] for name in rest}
    return pl.DataFrame([found[name] for name in names])


def _at(index: int, rows: pl.Series) -> pl.DataFrame:
    return pl.DataFrame(
        {"shard": pl.repeat(index, len(rows), dtype=pl.UInt32, eager=True), "row": rows}, schema=POSITION
    )


def _changes(masks: pl.DataFrame, at_a: pl.DataFrame, at_b: pl.DataFrame) -> pl.DataFrame:
    """Rows for aligned records that differ in some of the columns."""
    names = masks.columns
    if not names:
        return pl.DataFrame(schema=ROWS)
    values = [name for name in names if name != SPLIT]
    listed = pl.concat_list([pl.when(pl.col(n)).then(pl.lit(n)) for n in names]).list.drop_nulls()
    frame = masks.select(
        pl.when(pl.any_horizontal(values) if values else pl.lit(False)).then(pl.lit(MODIFIED))
        .when(pl.any_horizontal(names)).then(pl.lit(MOVED)).alias("op"),
        listed.alias("columns"),
    )  # fmt: skip
    frame = pl.concat(
        [frame, at_a.rename({"shard": "a_shard", "row": "a_row"}), at_b.rename({"shard": "b_shard", "row": "b_row"})],
        how="horizontal",
    )
    return frame.filter(pl.col("op").is_not_null()).select(list(ROWS)).cast(ROWS)


def _by_id(a: Side, b: Side, gone: pl.DataFrame, come: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """Joins records that are at a position in one version only: an id on both sides is the same record."""
    left = keyed(a, gone).rename({"shard": "a_shard", "row": "a_row"})
    right = keyed(b, come).rename({"shard": "b_shard", "row": "b_row"})
    joined = left.join(right, on=KEY, how="full", coalesce=True).drop(KEY)
    only = joined.filter(pl.col("a_shard").is_null() | pl.col("b_shard").is_null())
    op = pl.when(pl.col("a_shard").is_null()).then(pl.lit(ADDED)).otherwise(pl.lit(REMOVED))
    alone = (
        only.with_columns(op.alias("op"), pl.lit(None, pl.List(pl.String)).alias("columns"))
        .select(list(ROWS))
        .cast(ROWS)
    )
    pairs = joined.drop_nulls().sort("b_shard", "b_row")
    if pairs.is_empty():
        return alone, {}
    at_a = pairs.select(shard="a_shard", row="a_row")
    at_b = pairs.select(shard="b_shard", row="b_row")
    # A column that one side lacks altogether is a change of schema, told as such, not a change of every record.
    common = a.columns & b.columns
    old, new = sorted(a.columns - common), sorted(b.columns - common)
    renamed = delta_columns.renames(a.records(at_a, old), b.records(at_b, new)) if old and new else {}
    names = {name: name for name in common} | {to: name for name, to in renamed.items()}
    masks = _masks(a, b, at_a, at_b, dict(sorted(names.items())))
    return pl.concat([alone, _changes(masks, at_a, at_b)]), renamed


def keyed(side: Side, at: pl.DataFrame) -> pl.DataFrame:
    """Positions (columns shard, row) with the source and the hash of the key of each (`KEY`)."""
    hi, lo = (np.empty(at.height, dtype=np.uint64) for _ in range(2))
    source = np.empty(at.height, dtype=np.uint32)
    names = {name: i for i, name in enumerate(sorted(s.name for s in side.ingested.sources))}
    for index, some, rows in places(at).groups:
        shard = side.shards[index]
        keys = side.keys(shard)
        hi[some], lo[some], source[some] = keys[0][rows], keys[1][rows], names[shard.source]
    told = pl.Series(sorted(names), dtype=pl.String)[series(source)]
    return at.with_columns(told.alias("source"), series(hi, "hi"), series(lo, "lo"))
