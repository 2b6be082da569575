"""Brings objects from a remote into the cache: beside it first, and in only what matches its hash.

An object that came damaged and was left in the cache by a kill would be trusted for good: DVC does not hash what is read-only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from dsv.dvcio import transfer
from dsv.project.layout import Layout
from dsv.store.objects import Store

ARRIVING = "arriving"


def fetch(layout: Layout, store: Store, oids: Iterable[str], remote: str) -> list[str]:
    """Fetches the objects; those that are in the cache now. What an interrupted fetch brought is not fetched again."""
    beside = Store(store.folder / ARRIVING)
    wanted = sorted(oids)
    there = _take_in(store, beside, wanted)
    rest = [oid for oid in wanted if oid not in there]
    if rest:
        transfer.pull(layout.root, rest, remote, beside.folder)
        there |= _take_in(store, beside, rest)
    shutil.rmtree(beside.folder, ignore_errors=True)
    return sorted(there)


def _take_in(store: Store, beside: Store, oids: list[str]) -> set[str]:
    with ThreadPoolExecutor() as pool:
        intact = list(pool.map(beside.intact, oids))
    good = [oid for oid, fine in zip(oids, intact, strict=True) if fine]
    for oid in good:
        store.adopt(beside.path(oid), oid)
    return set(good)
