"""Reads base shards and decisions of a version, and overlays them: a record as a stage sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv import errors
from dsv.ledger import decisions as ledger
from dsv.ledger import file as ledger_file
from dsv.ledger.decisions import DROP_COLUMN, Decisions
from dsv.project.layout import BASE, Files, stage_out
from dsv.project.manifest import Shard
from dsv.record import digest, identity
from dsv.record.arrays import series
from dsv.runner.shards import narrow
from dsv.stages.base import ID
from dsv.table import shard as shard_file

Mask = npt.NDArray[np.bool_]
# What of a decision file tells which records are kept, and at which rows a column is set.
_MOVES = ("row", "action", "column", DROP_COLUMN)


def decisions(files: Files, stage: str, shard: Shard, columns: Sequence[str] | None = None) -> Decisions | None:
    """What a stage decided about a shard; None when it decided nothing.

    With `columns` only what drops records and what concerns these columns is read.
    """
    wanted = None if columns is None else [*_MOVES, *columns, *(f"={name}" for name in columns)]
    names = [shard.relative] if columns == () else [ledger_file.sets_name(shard.relative), shard.relative]
    parts: list[pl.DataFrame] = []
    meta: dict[str, Any] = {}
    for name in names:
        source = files.open(stage_out(stage), name)
        if source is not None:
            table, meta = shard_file.read_with_meta(source, wanted, f"{stage_out(stage)}/{name}")
            parts.append(table)
    return ledger_file.restore(parts, meta) if parts else None


def dense_columns(files: Files, stage: str, shard: Shard) -> frozenset[str]:
    """The columns that a stage which decides about every row assigns, as its decisions of one shard tell; else none."""
    source = files.open(stage_out(stage), shard.relative)
    if source is None:
        return frozenset()
    meta = shard_file.meta(source, f"{stage_out(stage)}/{shard.relative}")
    return frozenset(name for name in meta["schema"] if not name.startswith("_")) if meta["layout"] == "dense" else frozenset()


def acted(files: Files, stage: str, shard: Shard, action: str, told: Sequence[str]) -> pl.DataFrame | None:
    """The rows of a shard that a stage drops or takes back (`action`), and what is `told` of them (columns that are null
    everywhere are left out); of a stage that decides about every row the column `DROP_COLUMN`. None where there are none."""
    source = files.open(stage_out(stage), shard.relative)
    if source is None:
        return None
    table = shard_file.read(source, ["row", "action", DROP_COLUMN, *told], f"{stage_out(stage)}/{shard.relative}")
    if "action" not in table.columns:
        return table
    if (table["action"] == action).all(ignore_nulls=False):
        return table
    return table.filter(pl.col("action") == action)


def base(files: Files, shard: Shard, columns: Sequence[str] | None) -> pl.DataFrame:
    """Base columns of a shard (all when None), without the stored content key unless it is asked for."""
    frame = _base(files, shard, columns)
    if columns is None and identity.CONTENT_KEY in frame.columns:
        frame = frame.drop(identity.CONTENT_KEY)
    return frame


def _base(files: Files, shard: Shard, columns: Sequence[str] | None) -> pl.DataFrame:
    found = files.open(BASE[shard.kind], shard.relative)
    what = f"{BASE[shard.kind]}/{shard.relative}"
    if found is None:
        raise errors.DataMissing(f"{what} is missing.", hint="dsv pull")
    return shard_file.read(found, columns, what)


def keys(files: Files, shard: Shard) -> pl.Series:
    """The key texts of a shard's records, by position."""
    return identity.keys(_base(files, shard, shard.key), shard.key)


def ids(files: Files, shard: Shard) -> pl.Series:
    """The ids of a shard's records, by position."""
    frame = _base(files, shard, shard.key)
    return identity.ids(shard.source, frame, shard.key)


def all_decisions(files: Files, shard: Shard, stages: Iterable[str]) -> list[Decisions]:
    """What the given stages decided about a shard, in their order."""
    found = [decisions(files, stage, shard) for stage in stages]
    return [one for one in found if one is not None]


def view(
    files: Files,
    shard: Shard,
    columns: Sequence[str] | None,
    stages: Iterable[str],
    decided: Sequence[Decisions] | None = None,
) -> pl.DataFrame:
    """Columns (all when None) as the given stages left them. `_id` is the id; a column that the shard lacks is left out.

    `decided`: what `all_decisions` gives, where the caller has it.
    """  # fmt: skip
    wanted = None if columns is None else [c for c in columns if c != ID]
    frame = base(files, shard, wanted)
    if decided is None:
        each = (decisions(files, stage, shard, wanted) for stage in stages) if wanted != [] else ()
        decided = [one for one in each if one is not None]
    for found in decided:
        frame = ledger.overlay(frame, found, wanted)
    if columns is not None and ID in columns:
        frame = frame.with_columns(ids(files, shard).alias(ID)) if frame.width else ids(files, shard).to_frame(ID)
    return frame


def alive(files: Files, shard: Shard, stages: Iterable[str]) -> pl.Series:
    """Which rows of a shard the given stages keep."""
    mask = pl.repeat(True, shard.rows, dtype=pl.Boolean, eager=True)
    for stage in stages:
        found = decisions(files, stage, shard, ())
        if found is not None:
            mask = ledger.kept(found, shard.rows, mask)
    return mask


def known_alive(cache: narrow.Cache, shard: Shard, decided: Sequence[str]) -> pl.Series | None:
    """What `alive` returned after stages with these digests of their decisions, if the cache has it."""
    known = known_mask(cache, shard, decided)
    return None if known is None else series(known)


def known_mask(cache: narrow.Cache, shard: Shard, decided: Sequence[str]) -> Mask | None:
    """`known_alive` as an array."""
    if not any(decided):
        return np.ones(shard.rows, dtype=np.bool_)
    known = cache.data(alive_key(shard, decided))
    if known is None or len(known) != -(-shard.rows // 8):
        return None
    return np.unpackbits(np.frombuffer(known, np.uint8), count=shard.rows).view(np.bool_)


def alive_key(shard: Shard, decided: Sequence[str]) -> str:
    """The cache key of what `alive` returns after stages with these digests of their decisions."""
    return narrow.key("alive", shard.digest, shard.rows, list(decided))


def record_hashes(files: Files, shard: Shard, cache: narrow.Cache) -> pl.Series:
    """The record hashes of a shard, by position; from the local cache where they are known."""
    key = hashes_key(shard)
    known = cache.data(key)
    if known is not None and len(known) == 16 * shard.rows:
        return digest.from_bytes(known)
    hashes = digest.record_hashes(base(files, shard, None))
    cache.put_data(key, digest.to_bytes(digest.words(hashes)))
    return hashes


def hashes_key(shard: Shard) -> str:
    """The cache key of the record hashes of a shard."""
    return narrow.key("record hash", shard.digest, shard.key)
