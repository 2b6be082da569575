"""A set of 64-bit keys, made to be looked up in millions of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.uint32]

# The table of `Seen`: from 8 KB to 128 MB. With sixteen bits a key and more, one new key in seventy seems to have come.
BITS_A_KEY, LEAST_BITS, MOST_BITS = 16, 16, 30


class KeySet:
    """The keys of some arrays. A lookup asks a table of bits first, then the keys themselves."""

    def __init__(self, parts: Sequence[Keys]) -> None:
        self._sorted: Keys = np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.uint64)
        self._low = np.uint64((1 << max(16, len(self._sorted).bit_length() + 4)) - 1)
        self._bits = np.zeros(int(self._low) + 1, dtype=np.bool_)
        self._bits[self._sorted & self._low] = True

    def __len__(self) -> int:
        return len(self._sorted)

    def places(self, keys: Keys) -> Places:
        """The positions of the keys that are in the set, rising."""
        if not len(self._sorted):
            return np.empty(0, dtype=np.uint32)
        likely = np.flatnonzero(self._bits[keys & self._low]).astype(np.uint32)
        asked = keys[likely]
        nearest = np.minimum(np.searchsorted(self._sorted, asked), len(self._sorted) - 1)
        found: Places = likely[self._sorted[nearest] == asked]
        return found


class Seen:
    """What tells of most keys, without a look at any, that they did not come before; made for so many keys.

    Each key sets two bits of a table. A key whose bits are not both set did not come; of the others few did not.
    """

    def __init__(self, keys: int) -> None:
        size = 1 << min(MOST_BITS, max(LEAST_BITS, (BITS_A_KEY * keys).bit_length()))
        self._low = np.uint64(size - 1)
        self._table = np.zeros(size // 8, dtype=np.uint8)

    def add(self, keys: Keys) -> None:
        """Notes that these keys came."""
        for byte, bit in self._places(keys):
            np.bitwise_or.at(self._table, byte, bit)

    def likely(self, keys: Keys) -> Keys:
        """The keys that may have come before: all that did, and few others."""
        came = [(self._table[byte] & bit) != 0 for byte, bit in self._places(keys)]
        found: Keys = keys[came[0] & came[1]]
        return found

    def _places(self, keys: Keys) -> Iterator[tuple[Places, npt.NDArray[np.uint8]]]:
        for half in (keys, keys >> np.uint64(32)):
            at = (half & self._low).astype(np.uint32)
            yield at >> np.uint32(3), np.left_shift(np.uint8(1), (at & np.uint32(7)).astype(np.uint8))
