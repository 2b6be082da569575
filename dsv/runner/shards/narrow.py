"""The local cache of derived narrow data: what `prepare` returned and hashes of records, by what they depend on.

Nothing here is part of a version: any file may be deleted at any time, and is then computed again.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from polars.exceptions import ComputeError

from dsv.record import digest

# A file's last use is its access time, brought forward at most this often: mounts differ in whether they do it.
SPELL = 3600


class Lost(AssertionError):
    """What was in the cache is gone, and cannot be computed again here: the rounds of the stage can."""


def key(*parts: object) -> str:
    """A cache key of everything that the value depends on."""
    return digest.hash_text("\x1f".join(str(part) for part in parts))


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    if column.num_chunks == 1 and column.null_count == 0:
        chunk = column.chunk(0)
        return np.frombuffer(chunk.buffers()[1], np.uint64)[chunk.offset : chunk.offset + len(chunk)]
    found: npt.NDArray[np.uint64] = column.fill_null(0).to_numpy()
    return found


def _note(file: str | int, found: os.stat_result) -> None:
    """Brings the access time of a file forward; left as it is where the file is not ours."""
    now = time.time()
    if found.st_atime < now - SPELL:
        with suppress(OSError):
            os.utime(file, ns=(int(now * 1e9), found.st_mtime_ns))


class Cache:
    """Frames and bytes by key, in a folder that several processes may use at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str, suffix: str) -> Path:
        return Path(self._name(key, suffix))

    def _name(self, key: str, suffix: str) -> str:
        """The path as text: a diff asks for a thousand, and a Path costs more than opening the file."""
        return f"{self.folder}/{key[:2]}/{key[2:]}.{suffix}"

    def _used(self, key: str, suffix: str) -> str:
        """The path for the key as text, noted as used."""
        name = self._name(key, suffix)
        with suppress(OSError):
            _note(name, os.stat(name))
        return name

    def has(self, key: str, suffix: str = "arrow") -> bool:
        return os.path.exists(self._used(key, suffix))

    def size(self, key: str) -> int:
        """The bytes of the frame stored under the key; 0 where there is none."""
        try:
            return os.stat(self._used(key, "arrow")).st_size
        except FileNotFoundError:
            return 0

    def frame(self, key: str) -> pl.DataFrame | None:
        """The frame stored under the key; None where there is none."""
        try:
            return pl.read_ipc(self._used(key, "arrow"))
        except (FileNotFoundError, ComputeError):
            return None

    def mapped_frame(self, key: str) -> pl.DataFrame | None:
        """The frame stored under the key without compression, read as it is looked at; None where there is none."""
        try:
            with pa.memory_map(self._used(key, "arrow")) as file:
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
            with pa.memory_map(self._used(key, "arrow")) as file:
                table = pa.ipc.open_file(file).read_all()
        except (FileNotFoundError, pa.ArrowInvalid):
            return None
        if column not in table.column_names or table.schema.field(column).type != pa.uint64():
            return None
        return _numbers(table[column])

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
            handle = self._open(key)
        except FileNotFoundError:
            return None
        with open(handle, "rb") as file:
            return file.read()

    def mapped(self, key: str) -> npt.NDArray[np.uint64] | None:
        """The bytes stored under the key as unsigned 64-bit numbers, read as they are looked at; None where there are none."""
        # By hand: numpy's own memmap costs ten times as much, and a diff looks at hundreds of them.
        try:
            handle = self._open(key)
        except FileNotFoundError:
            return None
        try:
            return np.frombuffer(mmap.mmap(handle, 0, prot=mmap.PROT_READ), np.uint64)
        except ValueError:
            return None
        finally:
            os.close(handle)

    def _open(self, key: str) -> int:
        """A descriptor of the bytes stored under the key, noted as used."""
        handle = os.open(self._name(key, "bin"), os.O_RDONLY)
        _note(handle, os.fstat(handle))
        return handle

    def put_data(self, key: str, data: bytes) -> None:
        path = self._path(key, "bin")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
