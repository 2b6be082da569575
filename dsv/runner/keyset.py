"""A set of 64-bit keys, made to be looked up in millions of rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.uint32]


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
