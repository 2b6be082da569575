"""Ids of records and the places where shards are cut (docs/format.md §2, §3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.record import digest
from dsv.record.digest import Words

Mask = npt.NDArray[np.bool_]

CONTENT_KEY = "_key"
CUT = 31_000
MAX_ROWS = 250_000


def is_key_type(dtype: pl.DataType) -> bool:
    """Whether values of this type may be part of a key."""
    return dtype in (pl.String, pl.Boolean, pl.Date, pl.Time) or dtype.is_integer() or isinstance(dtype, pl.Datetime)


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).dt.to_string("iso:strict")
    return pl.col(name) if dtype == pl.String else pl.col(name).cast(pl.String)


def _escape(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all("%", "%25", literal=True).str.replace_all("/", "%2F", literal=True)


def keys(frame: pl.DataFrame, key: Sequence[str]) -> pl.Series:
    """The key text of each row; null where any key column is null."""
    texts = [_text(name, frame.schema[name]) for name in key]
    if len(texts) > 1:
        texts = [_escape(t) if frame.schema[n] == pl.String else t for t, n in zip(texts, key, strict=True)]
    return frame.select(pl.concat_str(texts, separator="/").alias("key"))["key"]


def ids(source: str, frame: pl.DataFrame, key: Sequence[str]) -> pl.Series:
    """The id of each row: source/key."""
    return (source + "/" + keys(frame, key)).alias("id")


def content_keys(hashes: pl.Series, seen: pl.DataFrame | None = None) -> pl.Series:
    """Keys of rows that declare none: the record hash in hexadecimal, `#2` and on for equal rows.

    `seen` (columns key, n) counts the equal rows of earlier deliveries, so that numbering goes on.
    """
    frame = pl.DataFrame({"key": hashes.bin.encode("hex")})
    frame = frame.with_columns(n=pl.int_range(pl.len()).over("key") + 1)
    if seen is not None:
        frame = frame.join(seen.select("key", before="n"), on="key", how="left", maintain_order="left")
        frame = frame.with_columns(n=pl.col("n") + pl.col("before").fill_null(0))
    suffix = pl.when(pl.col("n") > 1).then(pl.lit("#") + pl.col("n").cast(pl.String)).otherwise(pl.lit(""))
    return frame.select((pl.col("key") + suffix).alias(CONTENT_KEY)).to_series()


def marks(source: str, key_texts: pl.Series) -> Words:
    """What of each id tells whether a shard may start with it: its XXH3-64."""
    return digest.hash64(source + "/" + key_texts).to_numpy()


def cuts(first: Mask, marked: Words) -> list[int]:
    """Positions at which a shard starts, for rows in key order; begins with 0 unless there is no row.

    `first` tells which rows do not have the key of the row before; `marked` are the marks of their ids.
    """
    if not len(first):
        return []
    starts = [0]
    for position in [*np.flatnonzero(first & (marked % CUT == 0)).tolist(), len(first)]:
        while position - starts[-1] > MAX_ROWS:
            starts.append(starts[-1] + MAX_ROWS)
        if starts[-1] < position < len(first):
            starts.append(position)
    return starts


def shard_name(record_id: str) -> str:
    """The name of the shard whose first record has this id."""
    return f"{int(digest.hash64(pl.Series([record_id])).item()):016x}"
