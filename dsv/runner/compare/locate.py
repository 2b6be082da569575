"""Finds records by their keys: in a version, among the records that differ, and where a version dropped them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from dsv.lineage.causes import INGEST
from dsv.record import digest
from dsv.record.arrays import series
from dsv.runner.compare.difference import KEY, keyed, positions, same_base
from dsv.runner.compare.side import Side, Words
from dsv.runner.compare.side import places as by_shard

# Of a shard (its source, digest and key): rows with one of the wanted keys, and which.
Hits = dict[tuple[str, str, tuple[str, ...]], list[tuple[int, int]]]
PLACE: dict[str, Any] = {"shard": pl.UInt32, "row": pl.UInt32}


def hashed(ids: Sequence[str]) -> pl.DataFrame:
    """Source and key hash of ids, aligned with them."""
    parts = [record.partition("/") for record in ids]
    keys = digest.halves(digest.hash128(pl.Series([key for _, _, key in parts], dtype=pl.String)))
    return keys.with_columns(source=pl.Series([source for source, _, _ in parts], dtype=pl.String)).select(KEY)


def places(side: Side, ids: Sequence[str]) -> pl.DataFrame:
    """Shard and row of each id, aligned; null where a version never had it. Of several copies the last live one."""
    wanted = hashed(ids)
    found: list[tuple[int, int] | None] = [None] * len(ids)
    live: list[bool] = [False] * len(ids)
    for index, row, at, alive in copies(side, wanted):
        if alive or not live[at]:
            found[at], live[at] = (index, row), alive
    columns = {name: [None if one is None else one[i] for one in found] for i, name in enumerate(PLACE)}
    return pl.DataFrame(columns, schema=PLACE)


def copies(side: Side, wanted: pl.DataFrame, known: Hits | None = None) -> list[tuple[int, int, int, bool]]:
    """All base rows with one of the wanted keys, in arrival order: shard, row, which key, and whether ingest keeps it.

    `known` keeps what was found in a shard, for versions that have the same one and are asked the same.
    """
    known = {} if known is None else known
    found = []
    for (source,), group in wanted.with_row_index("at").partition_by("source", as_dict=True).items():
        order = np.argsort(group["hi"].to_numpy(), kind="stable")
        hi, lo, at = (group[name].to_numpy()[order] for name in ("hi", "lo", "at"))
        for index, shard in enumerate(side.shards):
            if shard.source != source:
                continue
            same = (shard.source, shard.digest, shard.key)
            if same not in known:
                known[same] = _hits(side.keys(shard), hi, lo)
            for row, number in known[same]:
                found.append((index, row, int(at[number]), bool(side.kept(shard, 1)[row])))
    return found


def _hits(keys: tuple[Words, Words], hi: Words, lo: Words) -> list[tuple[int, int]]:
    """Rows whose key is one of the wanted ones, whose first halves are sorted; and which."""
    first = np.searchsorted(hi, keys[0], side="left")
    rows = np.flatnonzero(hi[np.minimum(first, len(hi) - 1)] == keys[0])
    found = []
    for row in rows.tolist():
        number = int(first[row])
        while number < len(hi) and hi[number] == keys[0][row]:
            if lo[number] == keys[1][row]:
                found.append((row, number))
            number += 1
    return found


def among(ids: Sequence[str], rows: pl.DataFrame, a: Side, b: Side) -> dict[str, int]:
    """Which of the changed records have one of these ids, by their number."""
    numbered = rows.select("a_shard", "a_row", "b_shard", "b_row").with_row_index("number")
    parts = []
    for key, side, some in (("b", b, numbered.drop_nulls("b_shard")), ("a", a, numbered.filter(pl.col("b_shard").is_null()))):
        parts.append(keyed(side, some.select("number", shard=f"{key}_shard", row=f"{key}_row")))
    wanted = hashed(ids).with_columns(id=pl.Series(ids, dtype=pl.String))
    return dict(pl.concat(parts).join(wanted, on=KEY, how="inner").select("id", "number").iter_rows())


def twins(subjects: pl.DataFrame, own: str, mine: Side, theirs: Side) -> pl.DataFrame:
    """Fills in where the other version, which does not keep a record, has it all the same: in a row that ingest keeps, else
    at the same place of the same shard."""
    other = "a" if own == "b" else "b"
    lonely = subjects.filter(pl.col(f"{other}_shard").is_null() & pl.col(f"{own}_shard").is_not_null())
    if lonely.is_empty():
        return subjects
    shared = {i: theirs.index[s.relative] for i, s in enumerate(mine.shards) if _shares(s, theirs)}
    same = pl.DataFrame({f"{own}_shard": list(shared), "_shard": list(shared.values())}, schema={f"{own}_shard": pl.UInt32, "_shard": pl.UInt32})
    lonely = lonely.join(same, on=f"{own}_shard", how="left", maintain_order="left").with_columns(_row=pl.when(pl.col("_shard").is_not_null()).then(f"{own}_row"))
    moved = lonely.filter(~_live(theirs, lonely))
    found = lonely.drop_nulls("_shard").select("at", "_shard", "_row")
    if moved.height:
        found = pl.concat([_replaced(moved, own, mine, theirs, shared), found]).unique("at", keep="first", maintain_order=True)
    joined = subjects.join(found, on="at", how="left", maintain_order="left")
    filled = [pl.coalesce(f"{other}_{name}", f"_{name}").alias(f"{other}_{name}") for name in PLACE]
    return joined.with_columns(filled).drop("_shard", "_row")


def _shares(shard: Any, theirs: Side) -> bool:
    position = theirs.index.get(shard.relative)
    return position is not None and same_base(shard, theirs.shards[position])


def _live(side: Side, subjects: pl.DataFrame) -> pl.Series:
    """Which subjects have a row (`_shard`, `_row`) that ingest keeps."""
    found = np.zeros(subjects.height, dtype=np.bool_)
    known = subjects.with_row_index("_n").drop_nulls("_shard")
    for index, at, rows in by_shard(known.select("_n", shard="_shard", row="_row")).groups:
        found[known["_n"].to_numpy()[at]] = side.kept(side.shards[index], 1)[rows]
    return series(found)


def _replaced(moved: pl.DataFrame, own: str, mine: Side, theirs: Side, shared: dict[int, int]) -> pl.DataFrame:
    """Rows of the other version with the ids of these: such as ingest let go here and not there, or of shards that only it has;
    of these also what ingest dropped, where nothing else has the id."""
    wanted = keyed(mine, moved.select("at", shard=f"{own}_shard", row=f"{own}_row"))
    candidates, dropped = [], []
    back = {there: here for here, there in shared.items()}
    for index, shard in enumerate(theirs.shards):
        live = theirs.kept(shard, 1)
        if index in back:
            twin = mine.shards[back[index]]
            if theirs.digest(INGEST, shard) == mine.digest(INGEST, twin):
                continue
            live = live & ~mine.kept(twin, 1)
        elif not live.all():
            dropped.append((index, np.flatnonzero(~live)))
        candidates.append((index, np.flatnonzero(live)))
    found = _with_id(theirs, wanted, candidates)
    left = wanted.join(found, on="at", how="anti") if dropped else wanted.clear()
    return pl.concat([found, _with_id(theirs, left, dropped)]) if left.height else found


def _with_id(side: Side, wanted: pl.DataFrame, candidates: list[tuple[int, Any]]) -> pl.DataFrame:
    """Of the candidates (rows by shard) the last with each wanted id."""
    if not candidates:
        return pl.DataFrame(schema={"at": pl.UInt32, "_shard": pl.UInt32, "_row": pl.UInt32})
    known = keyed(side, positions(candidates)).rename({"shard": "_shard", "row": "_row"})
    return wanted.select("at", *KEY).join(known, on=KEY, how="inner").select("at", "_shard", "_row").unique("at", keep="last", maintain_order=True)
