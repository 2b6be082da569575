"""The root of a data set (docs/format.md §5): elements of kept records, summed per shard and remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from dsv.ledger import decisions as ledger
from dsv.project.layout import Files, Layout
from dsv.project.manifest import Decided, Shard
from dsv.record import canonical, digest
from dsv.record.digest import Sum
from dsv.runner import narrow, read
from dsv.runner.narrow import Cache

NULLED = "\x00"


class Task(NamedTuple):
    """One record shard whose elements are wanted."""

    files: Files
    cache: Path
    shard: Shard
    stages: tuple[str, ...]
    key: str


def task(layout: Layout, shard: Shard, stages: Sequence[str], manifests: Mapping[str, Decided]) -> Task:
    """The task, with the cache key of its sum: content, source and all decisions."""
    decided = [manifests[stage].shards.get(shard.relative, {}).get("*", "") for stage in stages]
    return Task(
        layout,
        layout.cache,
        shard,
        tuple(stages),
        narrow.key("elements", shard.source, shard.digest, shard.key, decided),
    )


def total(task: Task) -> Sum:
    """The sum of the elements of a shard's kept records."""
    cache = Cache(task.cache)
    known = cache.data(task.key)
    if known is not None:
        count, _, value = known.decode().partition(":")
        return Sum(int(count), int(value, 16))
    found = digest.total(elements(task, cache).drop_nulls())
    cache.put_data(task.key, f"{found.n}:{found.total:032x}".encode())
    return found


def elements(task: Task, cache: Cache) -> pl.Series:
    """The element of each record by position, null where it is not kept."""
    layout, shard = task.files, task.shard
    kept = pl.repeat(True, shard.rows, dtype=pl.Boolean, eager=True)
    assigned = pl.DataFrame(height=shard.rows)
    names: list[str] = []
    for stage in task.stages:
        found = read.decisions(layout, stage, shard)
        if found is not None:
            kept = ledger.kept(found, shard.rows, kept)
            names += [n for n in found.assigned if n not in names]
            assigned = _assign(assigned, found)
    assigned = _name_nulls(assigned, [n for n in names if n in shard.schema], shard.rows)
    rows = canonical.rows(assigned) if assigned.width else pl.Series([""] * shard.rows)
    ids = read.ids(layout, shard)
    hashes = read.record_hashes(layout, shard, cache).bin.encode("hex")
    frame = pl.DataFrame({"id": ids, "hash": hashes, "rows": rows, "kept": kept})
    text = pl.concat_str(pl.lit("v1" + canonical.RS), "id", pl.lit(canonical.RS), "hash", pl.lit(canonical.RS), "rows")
    texts = frame.select(text.alias("t"))["t"]
    return pl.select(pl.when(kept).then(digest.hash128(texts))).to_series()


def _assign(frame: pl.DataFrame, decisions: ledger.Decisions) -> pl.DataFrame:
    if decisions.dense:
        return frame.with_columns(decisions.table[c] for c in decisions.assigned)
    marked = ledger.overlay(frame, decisions)
    for name in decisions.assigned:
        # Where a value was set to null the overlay shows null, as where nothing was set: the mark tells them apart.
        rows = decisions.table.filter((pl.col("action") == ledger.SET) & (pl.col("column") == name))["row"]
        mark = pl.Series(NULLED + name, [False] * frame.height)
        marked = marked.with_columns(mark.scatter(rows, True))
    return marked


def _name_nulls(frame: pl.DataFrame, overriding: Sequence[str], rows: int) -> pl.DataFrame:
    """Adds the reserved column that lists base columns which decisions set to null; drops the marks."""
    lists = []
    for name in sorted(overriding):
        mark = NULLED + name
        touched = pl.col(mark) if mark in frame.columns else pl.lit(True)
        lists.append(pl.when(touched & pl.col(name).is_null()).then(pl.lit(name)))
    marks = [c for c in frame.columns if c.startswith(NULLED)]
    if not lists:
        return frame.drop(marks)
    nulled = pl.concat_list(lists).list.drop_nulls()
    frame = frame.with_columns(pl.when(nulled.list.len() > 0).then(nulled).alias(NULLED))
    return frame.drop(marks)


def root(total: Sum, schema: Mapping[str, str]) -> str:
    """The root: 64 hexadecimal digits."""
    value = {
        "count": total.n,
        "format": 1,
        "schema": [[name, schema[name]] for name in sorted(schema)],
        "sum": f"{total.total:032x}",
    }
    return hashlib.sha256(
        json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()
