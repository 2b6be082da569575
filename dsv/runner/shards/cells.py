"""Codes of the values of a column, 64 bits each, in the local cache: versions are compared without reading values.

Numbers are their own code, texts have their XXH3-64. Equal values of one type have equal codes, and different ones
different codes (of texts: but for one pair in 2^64). What the cache does not have is read and compared as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.ledger.decisions import columns_of
from dsv.project.manifest import Decided, Shard
from dsv.record import canonical, digest
from dsv.runner.shards import narrow
from dsv.runner.shards.narrow import Cache

Codes = npt.NDArray[np.uint64]
NULL = np.uint64(0x9E3779B97F4A7C15)
_NAN = np.uint64(0x7FF8000000000000)


def chains(shard: Shard, stages: Sequence[str], manifests: Mapping[str, Decided]) -> dict[str, tuple[str, ...]]:
    """Column → what all stages set or assigned it to in a shard, by digest."""
    found: dict[str, tuple[str, ...]] = {}
    for stage in stages:
        for name, value in columns_of(manifests[stage].shards.get(shard.relative, {})).items():
            found[name] = (*found.get(name, ()), value)
    return found


def _key(shard: Shard, column: str, chain: tuple[str, ...]) -> str:
    return narrow.key("cells 1", shard.digest, shard.key, shard.rows, column, chain)


def keep(cache: Cache, shard: Shard, frame: pl.DataFrame, chain: Mapping[str, tuple[str, ...]]) -> None:
    """Puts the codes of all plain columns of a shard's final values into the cache, where it lacks them."""
    for name in frame.columns:
        key = _key(shard, name, chain.get(name, ()))
        if not cache.has(key, "bin"):
            codes = encode(frame[name])
            if codes is not None:
                cache.put_data(key, codes.tobytes())


def known(cache: Cache, shard: Shard, column: str, chain: tuple[str, ...]) -> Codes | None:
    """The type and the codes of a column of a shard: the type first, then a code a row. None where there are none."""
    if column not in shard.schema and not chain:
        return np.append(NULL, np.full(shard.rows, NULL))
    found = cache.mapped(_key(shard, column, chain))
    return found if found is not None and len(found) == shard.rows + 1 else None


def encode(values: pl.Series) -> Codes | None:
    """The type and a code for each value; None for nested columns."""
    if values.dtype.is_nested():
        return None
    if values.null_count() == len(values):
        return np.append(NULL, np.full(len(values), NULL))
    tag, payload = canonical.plain(values)
    codes = _codes(tag, payload)
    if values.null_count():
        missing = values.is_null().to_numpy()
        if bool((codes[~missing] == NULL).any()):
            return None
        codes[missing] = NULL
    elif bool((codes == NULL).any()):
        return None
    return np.append(np.uint64(ord(tag)), codes)


def _codes(tag: str, payload: pl.Series) -> Codes:
    if tag == "f":
        floats = payload.cast(pl.Float64).fill_null(0.0).to_numpy() + 0.0
        bits = floats.view(np.uint64)
        bits[np.isnan(floats)] = _NAN
        return bits
    if payload.dtype == pl.Boolean:
        return payload.cast(pl.UInt8).fill_null(0).to_numpy().astype(np.uint64)
    if payload.dtype.is_integer():
        whole = payload if payload.dtype == pl.UInt64 else payload.cast(pl.Int64)
        return whole.fill_null(0).to_numpy().astype(np.int64 if whole.dtype == pl.Int64 else np.uint64).view(np.uint64)
    return digest.hash64(payload.fill_null("")).to_numpy(writable=True)
