"""Brings objects from a remote into the cache: beside it first, and in only what matches its hash.

An object that came damaged and was left in the cache by a kill would be trusted for good: DVC does not hash what is read-only.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from dsv import errors
from dsv.dvcio import config, transfer
from dsv.project.layout import Layout
from dsv.project.seen import saw
from dsv.store.objects import DIR, Store

ARRIVING = "arriving"
# A remote that could not be asked is not asked again so soon: a changelog of many versions would wait for each.
PATIENCE = 60.0
_unasked: dict[tuple[Layout, str], tuple[float, str]] = {}
_log = logging.getLogger(__name__)


def bring(layout: Layout, store: Store, oids: Iterable[str]) -> str | None:
    """Fetches what the cache lacks of some objects from the remote; why that was not asked, empty where there is none."""
    remote = config.chosen_remote(layout.root)
    if remote is None:
        return ""
    since, reason = _unasked.get((layout, remote), (0.0, ""))
    if reason and time.monotonic() - since < PATIENCE:
        return reason
    try:
        with _alone(store):
            # Another thread or process may have fetched them meanwhile.
            lacking = sorted({oid for oid in oids if not store.has(oid)})
            _log.info("fetching %d objects from %s", len(lacking), remote)
            there = _fetch(layout, store, lacking, remote) if lacking else []
            # A listing was sent after its files: what it names is there too.
            saw(layout, [oid for oid in there if oid.endswith(DIR)], remote)
    except (errors.DsvError, OSError) as error:
        _unasked[layout, remote] = time.monotonic(), str(error)
        return str(error)
    _unasked.pop((layout, remote), None)
    return None


def fetch(layout: Layout, store: Store, oids: Iterable[str], remote: str) -> list[str]:
    """Fetches the objects; those that are in the cache now. What an interrupted fetch brought is not fetched again."""
    with _alone(store):
        return _fetch(layout, store, oids, remote)


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """One at a time, thread or process: who is done takes the folder of what arrives away."""
    store.folder.mkdir(parents=True, exist_ok=True)
    with (store.folder / f"{ARRIVING}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(layout: Layout, store: Store, oids: Iterable[str], remote: str) -> list[str]:
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
