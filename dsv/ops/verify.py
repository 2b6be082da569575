"""Hashes stored objects again: DVC trusts what is read-only, and says nothing of a flipped bit."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from dsv import errors
from dsv.dvcio import transfer
from dsv.ops.checkout import wanted
from dsv.ops.transfer import remote_name
from dsv.project.layout import Layout
from dsv.project.version import find


class Verified(NamedTuple):
    """How many objects were looked at; those that do not match, are missing, were fetched again."""

    objects: int
    corrupt: list[str]
    missing: list[str]
    healed: list[str]

    @property
    def sound(self) -> bool:
        return set(self.corrupt) | set(self.missing) <= set(self.healed)


def verify(layout: Layout, revs: Sequence[str] = (), *, remote: str | None = None, heal: bool = False) -> Verified:
    """Checks every object of the versions (HEAD when none is named) in the cache; healing fetches damaged ones again."""
    oids: set[str] = set()
    store = None
    for rev in revs or ["HEAD"]:
        version = find(layout, rev)
        store = version.store
        oids |= {*version.outs.values()}
        broken = [oid for oid in version.outs.values() if not store.intact(oid)]
        if not broken:
            oids |= wanted(version) if version.sha else version.objects()
    assert store is not None
    with ThreadPoolExecutor() as pool:
        intact = dict(zip(sorted(oids), pool.map(store.intact, sorted(oids)), strict=True))
    bad = [oid for oid, fine in intact.items() if not fine]
    corrupt = [oid for oid in bad if store.has(oid)]
    missing = [oid for oid in bad if not store.has(oid)]
    healed: list[str] = []
    if heal and bad:
        for oid in corrupt:
            store.remove(oid)
        transfer.pull(layout.root, bad, remote_name(layout, remote))
        healed = [oid for oid in bad if store.intact(oid)]
    return Verified(len(oids), corrupt, missing, healed)


def check(found: Verified) -> None:
    """Raises where something is damaged and was not healed."""
    if not found.sound:
        raise errors.Corrupt(
            f"{len(found.corrupt)} objects are damaged, {len(found.missing)} missing.", hint="dsv verify --heal"
        )
