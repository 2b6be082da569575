"""The local cache of derived narrow data: what `prepare` returned and hashes of records, by what they depend on.

Nothing here is part of a version: any file may be deleted at any time, and is then computed again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from polars.exceptions import ComputeError

from dsv.record import digest


def key(*parts: object) -> str:
    """A cache key of everything that the value depends on."""
    return digest.hash_text("\x1f".join(str(part) for part in parts))


def key_hashes(shard_digest: str, columns: Sequence[str], *, repeats: bool) -> str:
    """The cache key of the hash (hi, lo) of each row's key in a shard, and of the number of its occurrence (n)."""
    return key("key hash 2", shard_digest, tuple(columns), repeats)


class Cache:
    """Frames and bytes by key, in a folder that several processes may use at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.{suffix}"

    def has(self, key: str, suffix: str = "arrow") -> bool:
        return self._path(key, suffix).exists()

    def size(self, key: str) -> int:
        """The bytes of the frame stored under the key; 0 where there is none."""
        try:
            return self._path(key, "arrow").stat().st_size
        except FileNotFoundError:
            return 0

    def frame(self, key: str) -> pl.DataFrame | None:
        """The frame stored under the key; None where there is none."""
        try:
            return pl.read_ipc(self._path(key, "arrow"))
        except (FileNotFoundError, ComputeError):
            return None

    def mapped_frame(self, key: str) -> pl.DataFrame | None:
        """The frame stored under the key without compression, read as it is looked at; None where there is none."""
        try:
            with pa.memory_map(str(self._path(key, "arrow"))) as file:
                found = pl.from_arrow(pa.ipc.open_file(file).read_all(), rechunk=False)
        except (OSError, pa.ArrowException):
            return None
        assert isinstance(found, pl.DataFrame)
        return found

    def numbers(self, key: str, column: str) -> npt.NDArray[np.uint64] | None:
        """One unsigned 64-bit column of the frame stored under the key, 0 for null; None where there is none.

        A tenth of what opening the whole frame costs.
        """
        try:
            with pa.memory_map(str(self._path(key, "arrow"))) as file:
                table = pa.ipc.open_file(file).read_all()
        except (FileNotFoundError, pa.ArrowInvalid):
            return None
        if column not in table.column_names or table.schema.field(column).type != pa.uint64():
            return None
        values = pl.from_arrow(table[column])
        assert isinstance(values, pl.Series)
        return (values.fill_null(0) if values.null_count() else values).to_numpy()

    def put_frame(self, key: str, frame: pl.DataFrame, *, compressed: bool = True) -> None:
        path = self._path(key, "arrow")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        os.close(handle)
        try:
            frame.write_ipc(name, compression="lz4" if compressed else "uncompressed")
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def data(self, key: str) -> bytes | None:
        """The bytes stored under the key, or None."""
        try:
            return self._path(key, "bin").read_bytes()
        except FileNotFoundError:
            return None

    def mapped(self, key: str) -> npt.NDArray[np.uint64] | None:
        """The bytes stored under the key as unsigned 64-bit numbers, read as they are looked at; None where there are none."""
        try:
            return np.memmap(self._path(key, "bin"), dtype=np.uint64, mode="r")
        except (FileNotFoundError, ValueError):
            return None

    def put_data(self, key: str, data: bytes) -> None:
        path = self._path(key, "bin")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
