"""The root of a data set (docs/format.md §5): elements of kept records, summed per shard and remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.ledger import decisions as ledger
from dsv.project.layout import Files, Layout
from dsv.project.manifest import Decided, Shard
from dsv.record import canonical, digest
from dsv.record.digest import Sum
from dsv.runner.shards import narrow, read
from dsv.runner.shards.narrow import Cache

NULLED = "\x00"
Mask = npt.NDArray[np.bool_]


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


def known(task: Task) -> Sum | None:
    """The sum of a shard if the cache has it."""
    data = Cache(task.cache).data(task.key)
    if data is None:
        return None
    count, _, value = data.decode().partition(":")
    return Sum(int(count), int(value, 16))


def total(task: Task, decided: Sequence[ledger.Decisions] | None = None) -> Sum:
    """The sum of the elements of a shard's kept records; `decided`: what all its stages decided, where the caller has it."""
    found = known(task)
    if found is None:
        cache = Cache(task.cache)
        if decided is None:
            decided = read.all_decisions(task.files, task.shard, task.stages)
        found = digest.total(digest.words(elements(task, cache, decided).drop_nulls()))
        cache.put_data(task.key, f"{found.n}:{found.total:032x}".encode())
    return found


def elements(task: Task, cache: Cache, decided: Sequence[ledger.Decisions]) -> pl.Series:
    """The element of each record by position, null where it is not kept."""
    layout, shard = task.files, task.shard
    kept = pl.repeat(True, shard.rows, dtype=pl.Boolean, eager=True)
    assigned = pl.DataFrame(height=shard.rows)
    nulled: dict[str, Mask] = {}
    for found in decided:
        kept = ledger.kept(found, shard.rows, kept)
        assigned = ledger.overlay(assigned, found)
        _note_nulls(nulled, found, shard)
    assigned = _name_nulls(assigned, nulled, kept)
    rows = canonical.rows(assigned) if assigned.width else pl.Series([""] * shard.rows)
    ids = read.ids(layout, shard)
    hashes = read.record_hashes(layout, shard, cache).bin.encode("hex")
    frame = pl.DataFrame({"id": ids, "hash": hashes, "rows": rows, "kept": kept})
    text = pl.concat_str(pl.lit("v1" + canonical.RS), "id", pl.lit(canonical.RS), "hash", pl.lit(canonical.RS), "rows")
    texts = frame.select(text.alias("t"))["t"]
    return pl.select(pl.when(kept).then(digest.hash128(texts))).to_series()


def _note_nulls(nulled: dict[str, Mask], decisions: ledger.Decisions, shard: Shard) -> None:
    """Keeps, per base column that decisions set to null somewhere, at which rows it is null now."""
    for name in decisions.assigned:
        if name not in shard.schema:
            continue
        if decisions.dense:
            nulled[name] = decisions.table[name].is_null().to_numpy().copy()
            continue
        changes = ledger.last_set(decisions, name)
        null = changes[f"={name}"].is_null()
        if name in nulled or null.any():
            mask = nulled.setdefault(name, np.zeros(shard.rows, dtype=np.bool_))
            mask[changes["row"].to_numpy()] = null.to_numpy()


def _name_nulls(frame: pl.DataFrame, nulled: Mapping[str, Mask], kept: pl.Series) -> pl.DataFrame:
    """Adds the reserved column that lists base columns which decisions set to null."""
    alive = kept.to_numpy()
    found = {name: pl.Series(nulled[name] & alive) for name in sorted(nulled) if (nulled[name] & alive).any()}
    if not found:
        return frame
    # Few records have one: the lists are made for those alone.
    masks = pl.DataFrame(found).with_row_index("row").filter(pl.any_horizontal(list(found)))
    lists = pl.concat_list([pl.when(name).then(pl.lit(name)) for name in found]).list.drop_nulls()
    return frame.with_columns(ledger.aligned(masks.select("row", lists.alias(NULLED)), frame.height)[NULLED])


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
