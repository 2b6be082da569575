"""XXH3 of texts, vectorised, and sums of them that do not depend on order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash  # noqa: F401  registers the .nchash namespace
import xxhash

from dsv.record import canonical

MODULUS = 1 << 128
Limbs = npt.NDArray[np.uint32]


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


def limbs(hashes: pl.Series) -> Limbs:
    """The hashes as an (n, 4) array of big-endian 32-bit words."""
    if hashes.is_empty():
        return np.empty((0, 4), dtype=np.uint32)
    joined = b"".join(hashes.to_list())
    return np.frombuffer(joined, dtype=">u4").reshape(-1, 4).astype(np.uint32)


def total(hashes: pl.Series) -> Sum:
    """The order-free sum of the hashes."""
    if hashes.is_empty():
        return Sum()
    words = limbs(hashes).sum(axis=0, dtype=np.uint64)
    value = sum(int(word) << shift for word, shift in zip(words, (96, 64, 32, 0), strict=True))
    return Sum(len(hashes), value % MODULUS)


def halves(hashes: pl.Series) -> pl.DataFrame:
    """Columns `hi` and `lo`, unsigned 64-bit: cheap to join and to group by."""
    words = limbs(hashes).astype(np.uint64)
    return pl.DataFrame(
        {"hi": (words[:, 0] << np.uint64(32)) | words[:, 1], "lo": (words[:, 2] << np.uint64(32)) | words[:, 3]}
    )
