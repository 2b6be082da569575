"""Hashes stored objects again: DVC trusts what is read-only, and says nothing of a flipped bit."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

from dsv import errors
from dsv.dvcio import transfer
from dsv.ops.checkout import deliveries
from dsv.ops.transfer import remote_name
from dsv.project.fetch import fetch
from dsv.project.layout import Layout
from dsv.project.version import find
from dsv.store.objects import DIR, Store


class There(NamedTuple):
    """What was found on a remote."""

    name: str
    corrupt: list[str]
    missing: list[str]
    healed: list[str]


class Verified(NamedTuple):
    """How many objects were looked at; those that do not match, are missing, were fetched again. `remote` if it was looked at."""

    objects: int
    corrupt: list[str]
    missing: list[str]
    healed: list[str]
    remote: There | None = None

    @property
    def sound(self) -> bool:
        return all(set(p.corrupt) | set(p.missing) <= set(p.healed) for p in (self, self.remote) if p is not None)

    def json(self) -> dict[str, Any]:
        told = self._asdict()
        there = told.pop("remote")
        return told if there is None else {**told, "remote": there._asdict()}


def verify(layout: Layout, revs: Sequence[str] = (), *, remote: str | None = None, heal: bool = False) -> Verified:
    """Checks every object of the versions (HEAD when none is named) in the cache, and on the remote that is named.

    Healing fetches what is bad in the cache from the remote (the default one), and sends again what is bad on the named one.
    """
    versions = [find(layout, rev) for rev in revs or ["HEAD"]]
    store = versions[0].store
    listings = {oid for v in versions for oid in (*v.outs.values(), *deliveries(v).values())}
    source = remote_name(layout, remote) if heal or remote else ""
    bad = store.damaged(sorted(listings))
    corrupt = [oid for oid in bad if store.has(oid)]
    healed = fetch(layout, store, bad, source) if heal and bad else []
    # What a listing that is still bad names, nobody knows.
    oids = listings | {
        oid
        for listing in listings - ({*bad} - {*healed})
        if listing.endswith(DIR)
        for oid in store.tree(listing).values()
    }
    worse = store.damaged(sorted(oids - listings))
    corrupt += [oid for oid in worse if store.has(oid)]
    healed += fetch(layout, store, worse, source) if heal and worse else []
    missing = [oid for oid in (*bad, *worse) if oid not in corrupt]
    there = _there(layout, store, sorted(oids), source, heal=heal) if remote else None
    return Verified(len(oids), corrupt, missing, healed, there)


def _there(layout: Layout, store: Store, oids: list[str], remote: str, *, heal: bool) -> There:
    corrupt, missing = transfer.faults(layout.root, oids, remote)
    bad = sorted({*corrupt, *missing})
    healed: list[str] = []
    if heal and bad:
        healed = sorted({*bad} - {*store.damaged(bad)})
        transfer.replace(layout.root, healed, remote)
    return There(remote, corrupt, missing, healed)


def check(found: Verified, revs: Sequence[str] = ()) -> None:
    """Of these versions, raises where something is damaged and was not healed."""
    if found.sound:
        return
    told = [f"{len(found.corrupt)} objects are damaged, {len(found.missing)} missing"]
    if found.remote is not None:
        told.append(
            f"on {found.remote.name} {len(found.remote.corrupt)} are damaged, {len(found.remote.missing)} missing"
        )
    words = ["dsv verify --heal", *map(shlex.quote, revs)]
    raise errors.Corrupt(
        f"{'; '.join(told)}.", hint=" ".join([*words, *(["--remote", found.remote.name] if found.remote is not None else [])])
    )
