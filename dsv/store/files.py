"""Atomic writes."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Puts the bytes at the path, whole or not at all, replacing what is there (a link into the cache is not written through).

    A device or a pipe is written to, as a shell does: `-o /dev/null` must not put a file in its place.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def note(path: Path, data: bytes) -> None:
    """Writes what only spares work: where nothing can be written, who reads is not kept from reading."""
    with suppress(OSError):
        write(path, data)
