"""The hash of the key of each row of a shard in the local cache, and of which occurrence of its key a row is.

Two blocks of 64-bit words, the first and the second halves of the hashes, and where keys repeat a third of 32-bit numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dsv.record.digest import Words
from dsv.runner.shards import narrow
from dsv.runner.shards.narrow import Cache

Halves = npt.NDArray[np.uint64]


class KeyHashes(NamedTuple):
    """The halves of the hashes, and the number of the occurrence (from 1), by position; `n` is None where no key repeats."""

    hi: Halves
    lo: Halves
    n: npt.NDArray[np.uint32] | None


def key(shard_digest: str, columns: Sequence[str], *, repeats: bool) -> str:
    """The cache key of the key hashes of a shard."""
    return narrow.key("key hash 3", shard_digest, tuple(columns), repeats)


def keep(cache: Cache, key: str, keys: Words, n: npt.NDArray[np.uint32] | None) -> None:
    """Puts the hashes, an (n, 2) array of words, into the cache."""
    halves = np.ascontiguousarray(keys.T).tobytes()
    # Whole words: what is read back is mapped as words.
    cache.put_data(key, halves if n is None else halves + n.tobytes() + bytes(4 * (len(n) % 2)))


def known(cache: Cache, key: str, rows: int, *, repeats: bool) -> KeyHashes | None:
    """The hashes of a shard of so many rows, read as they are looked at; None where the cache has none."""
    found = cache.mapped(key)
    if found is None or len(found) != 2 * rows + (-(-rows // 2) if repeats else 0):
        return None
    return KeyHashes(found[:rows], found[rows : 2 * rows], found[2 * rows :].view(np.uint32)[:rows] if repeats else None)
