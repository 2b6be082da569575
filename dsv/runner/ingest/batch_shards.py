"""Cuts the stored rows of a batch into base shards and writes them, each with its origin and its derived hashes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.engines.local import Local
from dsv.project.layout import Layout
from dsv.record import digest, identity
from dsv.record.digest import Words
from dsv.runner.ingest import fold
from dsv.runner.ingest.deliver import FILE, ROW
from dsv.runner.shards import key_hashes, narrow
from dsv.runner.shards.narrow import Cache
from dsv.store import files
from dsv.table import shard as shard_file

At = npt.NDArray[np.int64]
Result = TypeVar("Result")
SLICE = 100_000


class Where(NamedTuple):
    """What the shards are of, and how their rows are keyed. `repeats`: a key may occur several times in a delivery."""

    layout: Layout
    cache: Cache
    kind: str
    source: str
    batch: str
    key: tuple[str, ...]
    repeats: bool


class Delivered(NamedTuple):
    """The rows of a delivery with what was computed of each: text and hash of its key, mark of its id, record hash."""

    data: pl.DataFrame
    origin: pl.DataFrame
    texts: pl.Series
    keys: Words
    marks: Words
    hashes: Words


def delivered(data: pl.DataFrame, origin: pl.DataFrame, hashes: Words, where: Where) -> Delivered:
    """The rows with what is computed of their keys."""

    def keyed(part: pl.DataFrame) -> tuple[pl.Series, Words, Words]:
        texts = identity.keys(part, where.key)
        return texts, digest.words(digest.hash128(texts)), identity.marks(where.source, texts)

    texts, keys, marks = zip(*_sliced(keyed, data.select(where.key)), strict=True)
    return Delivered(data, origin, pl.concat(texts), np.concatenate(keys), np.concatenate(marks), hashes)


def record_hashes(data: pl.DataFrame) -> Words:
    """The record hash of each row."""
    return np.concatenate(_sliced(lambda part: digest.words(digest.record_hashes(part)), data))


def _sliced(fn: Callable[[pl.DataFrame], Result], frame: pl.DataFrame) -> list[Result]:
    """What `fn` gives of slices of the frame, in order, on all cores."""
    return Local().map(fn, list(frame.iter_slices(SLICE)) or [frame])


def order(rows: Delivered, stored: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The stored rows (`at`, `fate`, `n`) in the order of their shards: by key, then record hash.

    What lies where follows from what there is, not from where it stood in its file.
    """
    columns = rows.data.select([pl.col(name).alias(f"k{i}") for i, name in enumerate(key)])
    if stored.height == rows.data.height and columns.width == 1 and _rising(columns["k0"]):
        return stored
    if stored.height < rows.data.height:
        columns = columns[stored["at"]]
    packed = _packed(columns)
    columns = columns if packed is None else packed.to_frame("k0")
    alone = _alone(stored)
    if alone and columns.width == 1 and columns["k0"].dtype.is_integer():
        # No two keys are equal, and no two rows differ but in their place.
        return stored.with_columns(stored["at"].gather(columns["k0"].arg_sort()))
    together = pl.concat([stored, columns], how="horizontal")
    if alone:
        return together.sort(columns.columns, maintain_order=True).select(stored.columns)
    own = rows.hashes[together["at"].to_numpy()]
    ranked = together.with_columns(h0=own[:, 0].copy(), h1=own[:, 1].copy())
    return ranked.sort([*columns.columns, "n", "h0", "h1"], maintain_order=True).select(stored.columns)


def _alone(stored: pl.DataFrame) -> bool:
    """Whether no two of the rows have the same key."""
    return stored["n"].max() == 1 and bool((stored["fate"] == fold.NEW).all())


def _packed(columns: pl.DataFrame) -> pl.Series | None:
    """Several key columns as one number that sorts alike, where their values are few enough; a third of the time."""
    if columns.width < 2 or columns.is_empty():
        return None
    total, packed = 1, pl.Series([0], dtype=pl.Int64)
    for name in columns.columns:
        codes = _codes(columns[name])
        if codes is None:
            return None
        size = int(codes.max()) + 1  # type: ignore[arg-type]
        total *= size
        if total > 2**62:
            return None
        packed = packed * size + codes
    return packed


def _codes(values: pl.Series) -> pl.Series | None:
    """Numbers from 0 in the order of the values; None where there are too many different texts to be worth it."""
    if values.null_count():
        return None
    if values.dtype.is_integer():
        least, most = int(values.min()), int(values.max())  # type: ignore[arg-type]
        return (values.cast(pl.Int64) - least) if most - least < 2**62 and most < 2**63 else None
    if values.dtype != pl.String or values.head(10_000).n_unique() > 2_000:
        return None
    distinct = values.unique().sort()
    return values.cast(pl.Enum(distinct)).to_physical().cast(pl.Int64) if len(distinct) < 2**16 else None


def _rising(keys: pl.Series) -> bool:
    """Whether each key is greater than the one before."""
    return bool((keys.slice(1) > keys.slice(0, max(0, len(keys) - 1))).all())


def write(where: Where, rows: Delivered, ordered: pl.DataFrame) -> list[dict[str, Any]]:
    """Writes the rows at `at`, in that order; the facts of each shard for the manifest."""
    at = ordered["at"].to_numpy().astype(np.int64)
    first = np.ones(len(at), dtype=np.bool_)
    if not _alone(ordered):
        keys = rows.keys[at]
        first[1:] = (keys[1:, 0] != keys[:-1, 0]) | (keys[1:, 1] != keys[:-1, 1])
    starts = identity.cuts(first, rows.marks[at])
    jobs = [
        _Job(where, rows, at[start:end], ordered["n"].slice(start, end - start))
        for start, end in pairwise([*starts, len(at)])
    ]
    return Local().map(_write, jobs)


class _Job(NamedTuple):
    where: Where
    rows: Delivered
    at: At
    n: pl.Series


def _write(job: _Job) -> dict[str, Any]:
    where, rows, at = job.where, job.rows, job.at
    data = _take(rows.data, at)
    name = identity.shard_name(f"{where.source}/{rows.texts[int(at[0])]}")
    relative = str(Path(where.source, where.batch, f"{name}.parquet"))
    own = rows.hashes[at]
    total = str(_digest(data, own))
    files.write(
        where.layout.base(where.kind, relative), shard_file.to_bytes(data, {"key": list(where.key), "digest": total})
    )
    origin = _take(rows.origin, at).rename({FILE: "file", ROW: "row"})
    files.write(where.layout.origin(relative), shard_file.to_bytes(origin, {"layout": "origin"}))
    where.cache.put_data(narrow.key("record hash", total, where.key), digest.to_bytes(own))
    n = job.n.cast(pl.UInt32).to_numpy() if where.repeats else None
    key_hashes.keep(where.cache, key_hashes.key(total, where.key, repeats=where.repeats), rows.keys[at], n)
    schema = shard_file.schema(data.drop(identity.CONTENT_KEY, strict=False))
    return {"name": name, "rows": data.height, "digest": total, "key": list(where.key), "schema": schema}


def _digest(data: pl.DataFrame, hashes: Words) -> digest.Sum:
    """What identifies a shard: its records, and the keys of those that have the content of an earlier one."""
    if identity.CONTENT_KEY in data.columns:
        again = data[identity.CONTENT_KEY].str.contains("#", literal=True).to_numpy()
        hashes = hashes.copy()
        hashes[again] = digest.words(digest.hash128(data[identity.CONTENT_KEY].filter(pl.Series(again))))
    return digest.total(hashes)


def _take(frame: pl.DataFrame, at: At) -> pl.DataFrame:
    """The rows at these places; no copy where they follow each other."""
    if at[-1] - at[0] + 1 == len(at) and bool((at[1:] > at[:-1]).all()):
        return frame.slice(int(at[0]), len(at))
    return frame[at]
