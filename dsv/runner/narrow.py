"""The local cache of derived narrow data: what `prepare` returned and hashes of records, by what they depend on.

Nothing here is part of a version: any file may be deleted at any time, and is then computed again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection
from pathlib import Path

import polars as pl
from polars.exceptions import ComputeError

from dsv.record import digest


def key(*parts: object) -> str:
    """A cache key of everything that the value depends on."""
    return digest.hash_text("\x1f".join(str(part) for part in parts))


class Cache:
    """Frames and bytes by key, in a folder that several processes may use at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.{suffix}"

    def has(self, key: str, suffix: str = "arrow") -> bool:
        return self._path(key, suffix).exists()

    def frame(self, key: str, columns: Collection[str] | None = None) -> pl.DataFrame | None:
        """The frame stored under the key, or those of its columns that are named; None where there is none."""
        path = self._path(key, "arrow")
        try:
            if columns is None:
                return pl.read_ipc(path)
            there = pl.read_ipc_schema(path)
            return pl.read_ipc(path, columns=[c for c in there if c in columns])
        except (FileNotFoundError, ComputeError):
            return None

    def put_frame(self, key: str, frame: pl.DataFrame) -> None:
        path = self._path(key, "arrow")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        os.close(handle)
        try:
            frame.write_ipc(name, compression="lz4")
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

    def put_data(self, key: str, data: bytes) -> None:
        path = self._path(key, "bin")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
