"""Brings objects from a remote into the cache: beside it first, and in only what matches its hash.

An object that came damaged and was left in the cache by a kill would be trusted for good: DVC does not hash what is read-only.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from dsv import errors
from dsv.dvcio import config, transfer
from dsv.project.layout import Layout
from dsv.project.seen import saw
from dsv.store.objects import DIR, Store

ARRIVING = "arriving"
# A remote that could not be asked is not asked again so soon: a changelog of many versions would wait for each.
PATIENCE = 60.0
_ONE = Lock()
_unasked: dict[tuple[Layout, str], tuple[float, str]] = {}
_log = logging.getLogger(__name__)


def bring(layout: Layout, store: Store, oids: Iterable[str]) -> str | None:
    """Fetches what the cache lacks of some objects from the remote; why that was not asked, empty where there is none."""
    remote = config.chosen_remote(layout.root)
    if remote is None:
        return ""
    # Shards are read by several threads, and two may want the same object.
    with _ONE:
        lacking = sorted({oid for oid in oids if not store.has(oid)})
        if not lacking:
            return None
        since, reason = _unasked.get((layout, remote), (0.0, ""))
        if reason and time.monotonic() - since < PATIENCE:
            return reason
        _log.info("fetching %d objects from %s", len(lacking), remote)
        try:
            there = fetch(layout, store, lacking, remote)
        except (errors.DsvError, OSError) as error:
            _unasked[layout, remote] = time.monotonic(), str(error)
            return str(error)
        _unasked.pop((layout, remote), None)
        # A listing was sent after its files: what it names is there too.
        saw(layout, [oid for oid in there if oid.endswith(DIR)], remote)
        return None


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
