"""What changes when a file of a folder does: names, sizes, times; so that files are read only once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple


class Stamp(NamedTuple):
    """A file: its name relative to the folder, and what an edit changes."""

    name: str
    size: int
    changed: int
    inode: int


def stamps(folder: str | os.PathLike[str]) -> list[Stamp]:
    """The stamps of the files of a folder, by name. Links are followed to files, not to folders."""
    return sorted(_stamps(os.fspath(folder), ""))


def _stamps(folder: str, below: str) -> Iterator[Stamp]:
    with os.scandir(folder) as listing:
        for entry in listing:
            if entry.is_dir(follow_symlinks=False):
                yield from _stamps(entry.path, f"{below}{entry.name}/")
            elif not entry.is_dir():
                try:
                    found = entry.stat()
                except FileNotFoundError:  # a link to nothing
                    found = entry.stat(follow_symlinks=False)
                yield Stamp(below + entry.name, found.st_size, found.st_mtime_ns, found.st_ino)
