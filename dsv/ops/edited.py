"""Which files of a delivery were put there or changed by hand: they are nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dsv.store import hashed
from dsv.store.objects import Store


def edited(store: Store, folder: Path, oids: Iterable[str]) -> list[str]:
    """The files of a folder, by relative name, that none of the stored folders holds as they are."""
    listings = [store.tree(oid) for oid in oids if store.has(oid)]

    def foreign(names: Iterable[str]) -> list[str]:
        room = hashed.buffer()
        return [name for name in names if not _held(store, f"{folder}/{name}", _known(listings, name), room)]

    return list(hashed.each(foreign, sorted(_names(os.fspath(folder)))))


def _known(listings: Sequence[dict[str, str]], name: str) -> set[str]:
    return {listing[name] for listing in listings if name in listing}


def _held(store: Store, path: str, oids: set[str], room: memoryview) -> bool:
    """Whether a file is one of the objects: of one inode with it, or of its content."""
    for oid in oids:
        try:
            if os.path.samefile(path, store.path(oid)):
                return True
        except FileNotFoundError:
            continue
    return bool(oids) and not os.path.islink(path) and hashed.of(path, room).md5 in oids


def _names(folder: str, below: str = "") -> Iterator[str]:
    with os.scandir(folder) as listing:
        for entry in listing:
            if entry.is_dir(follow_symlinks=False):
                yield from _names(entry.path, f"{below}{entry.name}/")
            else:
                yield below + entry.name
