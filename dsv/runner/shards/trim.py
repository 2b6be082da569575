"""Takes the files of the local cache away that were not used for the longest time.

Only the files, never their folders: another process may be about to write there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from dsv.runner.shards.narrow import SPELL

TEMPORARY = ".tmp"
DAY = 86_400


class Entry(NamedTuple):
    """A file of the cache: when it was last used (seconds), how large it is, where it lies."""

    used: float
    size: int
    path: str


class Trimmed(NamedTuple):
    """How many files and bytes the cache had, and how many of them went, or would go."""

    files: int
    bytes: int
    removed_files: int
    removed_bytes: int


class Bounds(NamedTuple):
    """What may stay: what was used since a moment, and no more bytes than so many, whatever the bound (None: any).

    What was used since `spared` stays in any case.
    """

    since: float | None = None
    most: int | None = None
    spared: float | None = None


def trim(folder: Path, bounds: Bounds, now: float, *, dry: bool = False) -> Trimmed:
    """Trims a cache; with `dry` only says what would go."""
    entries = sorted(_entries(folder))
    chosen = _chosen(entries, bounds, now)
    if not dry:
        for entry in chosen:
            with suppress(FileNotFoundError):
                os.unlink(entry.path)
    return Trimmed(len(entries), _size(entries), len(chosen), _size(chosen))


def _chosen(entries: list[Entry], bounds: Bounds, now: float) -> list[Entry]:
    """What goes, of entries in the order of their last use."""
    left, chosen = _size(entries), []
    for entry in entries:
        if entry.path.endswith(TEMPORARY):
            # Of a process that writes, or of one that died.
            goes = entry.used < now - DAY
        else:
            old = bounds.since is not None and entry.used < bounds.since
            goes = old or (bounds.most is not None and left > bounds.most)
            goes = goes and (bounds.spared is None or entry.used < bounds.spared - SPELL)
        if goes:
            left -= entry.size
            chosen.append(entry)
    return chosen


def _size(entries: list[Entry]) -> int:
    return sum(entry.size for entry in entries)


def _entries(folder: Path) -> Iterator[Entry]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as groups:
        for group in groups:
            if not group.is_dir(follow_symlinks=False):
                continue
            with os.scandir(group.path) as files:
                for file in files:
                    with suppress(FileNotFoundError):
                        found = file.stat(follow_symlinks=False)
                        yield Entry(max(found.st_atime, found.st_mtime), found.st_size, file.path)
