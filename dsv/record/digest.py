"""XXH3 of texts, vectorised, and sums of them that do not depend on order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash  # noqa: F401  registers the .nchash namespace
import pyarrow as pa
import xxhash

from dsv.record import arrays, canonical

MODULUS = 1 << 128
Words = npt.NDArray[np.uint64]


class Sum(NamedTuple):
    """A multiset of 128-bit hashes, by number and sum mod 2^128. Sums of parts add up to the sum of the whole."""

    n: int = 0
    total: int = 0

    def __add__(self, other: object) -> Sum:
        if not isinstance(other, Sum):
            return NotImplemented
        return Sum(self.n + other.n, (self.total + other.total) % MODULUS)

    def __str__(self) -> str:
        return f"{self.total:032x}:{self.n}"


def hash128(texts: pl.Series) -> pl.Series:
    """XXH3-128 of each text: 16 bytes, big-endian. No text may be null."""
    hashed = texts.to_frame("t").select(pl.col("t").nchash.xxh3_128(return_binary=True, byte_order="big"))  # type: ignore[attr-defined]
    return hashed.to_series()


def hash64(texts: pl.Series) -> pl.Series:
    """XXH3-64 of each text, as unsigned integers."""
    return texts.to_frame("t").select(pl.col("t").nchash.xxh3_64()).to_series()  # type: ignore[attr-defined]


def hash_text(text: str) -> str:
    """XXH3-128 of one text, 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(text.encode())


def record_hashes(frame: pl.DataFrame, columns: Sequence[str] | None = None) -> pl.Series:
    """The record hash of each row over the named columns: 16 bytes each."""
    return hash128(canonical.rows(frame, columns))


def to_bytes(both: Words) -> bytes:
    """The 16-byte hashes one after the other."""
    return both.astype(">u8").tobytes()


def from_bytes(joined: bytes | memoryview) -> pl.Series:
    """The 16-byte hashes that `to_bytes` joined."""
    fixed = pa.Array.from_buffers(pa.binary(16), len(joined) // 16, [None, pa.py_buffer(joined)])
    found = pl.from_arrow(fixed.cast(pa.large_binary()))
    assert isinstance(found, pl.Series)
    return found.alias("hash")


def series(both: Words) -> pl.Series:
    """The words as 16-byte hashes."""
    return from_bytes(to_bytes(both))


def _buffer(hashes: pl.Series) -> npt.NDArray[np.uint8]:
    if hashes.is_empty():
        return np.empty(0, dtype=np.uint8)
    array = hashes.to_arrow(compat_level=pl.CompatLevel.oldest())
    ends = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(array.buffers()[2], np.uint8)[ends[0] : ends[-1]]


def words(hashes: pl.Series) -> Words:
    """The hashes as an (n, 2) array of 64-bit words, the high one first."""
    return _buffer(hashes).view(">u8").reshape(-1, 2).astype(np.uint64)


def total(both: Words) -> Sum:
    """The order-free sum of the hashes."""
    return Sum(len(both), ((_sum(both[:, 0]) << 64) + _sum(both[:, 1])) % MODULUS) if len(both) else Sum()


def _sum(values: npt.NDArray[np.uint64]) -> int:
    """The sum without overflow: numpy's own is mod 2^64."""
    low, high = values & np.uint64(0xFFFFFFFF), values >> np.uint64(32)
    return int(low.sum()) + (int(high.sum()) << 32)


def halves(hashes: pl.Series) -> pl.DataFrame:
    """Columns `hi` and `lo`, unsigned 64-bit: cheap to join and to group by."""
    return split(words(hashes))


def split(both: Words) -> pl.DataFrame:
    """Columns `hi` and `lo` of the words."""
    return pl.DataFrame([arrays.series(both[:, 0], "hi"), arrays.series(both[:, 1], "lo")])
