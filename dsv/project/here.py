"""What the workspace has of itself: a cache may lack it where a folder was made by `dsv checkout -o`, or came without its cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from dsv.store.objects import Store


def take(store: Store, root: Path, outs: Mapping[str, str], oids: Iterable[str]) -> set[str]:
    """Brings the outputs (path → oid) that have some of the objects into the cache, where they lie as they are pinned; those that were looked at."""
    wanted, looked = {*oids}, set()
    for path, oid in outs.items():
        names = store.tree(oid).values() if store.has(oid) else ()
        if (root / path).is_dir() and not wanted.isdisjoint((oid, *names)):
            store.take(root / path, oid)
            looked.add(path)
    return looked
