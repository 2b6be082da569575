"""Folders for what is not to stay: each is gone when nobody holds it any more, and those of the killed with the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path

from dsv.project.layout import Layout

HELD = ".held"


class Scratch:
    """A folder in `.dsv/tmp`, removed with the object. Use it as a context manager to have it removed at once."""

    def __init__(self, layout: Layout, name: str) -> None:
        layout.temporary.mkdir(parents=True, exist_ok=True)
        with (layout.temporary / f"{name}.lock").open("w") as door:
            # One at a time: a folder that is not held yet looks like one that was left.
            fcntl.flock(door, fcntl.LOCK_EX)
            _clear(layout.temporary, name)
            self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=layout.temporary))
            handle = os.open(self.folder / HELD, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
        self._remove = weakref.finalize(self, _leave, handle, self.folder)

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()


def _leave(handle: int, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(handle)


def _clear(where: Path, name: str) -> None:
    """Removes the folders whose process is gone: nobody holds them."""
    for folder in where.glob(f"{name}-*"):
        try:
            handle = os.open(folder / HELD, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(handle)
