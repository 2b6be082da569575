"""Sends versions to a remote and fetches them, by hash, and says the truth about what is there."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from dsv import errors
from dsv.dvcio import config, transfer
from dsv.ops.checkout import deliveries
from dsv.project import cache
from dsv.project.fetch import fetch
from dsv.project.layout import Layout
from dsv.project.seen import saw
from dsv.project.version import Version, find


class Transferred(NamedTuple):
    """How many objects the versions have, how many were moved, over which remote, and whether DVC looks at what it takes from it."""

    objects: int
    moved: int
    remote: str
    verified: bool


def push(layout: Layout, revs: Sequence[str] = (), remote: str | None = None) -> Transferred:
    """Sends every object of the versions (HEAD when none is named): files first, listings last."""
    name = remote_name(layout, remote)
    oids: set[str] = set()
    versions = _versions(layout, revs)
    for version in versions:
        oids |= version.objects()
        for oid in deliveries(version).values():
            oids |= {oid, *version.store.tree(oid).values()}
    store = cache.store(layout)
    moved = transfer.push(layout.root, sorted(oids), name, store.intact, shlex.join(revs))
    saw(layout, [str(version.sha) for version in versions], name)
    return Transferred(len(oids), moved, name, name not in config.unverified(layout.root))


def pull(layout: Layout, revs: Sequence[str] = (), remote: str | None = None) -> Transferred:
    """Fetches what the cache lacks of the versions: listings first, then their files. Every object is verified."""
    name = remote_name(layout, remote)
    versions = _versions(layout, revs)
    listings: set[str] = set()
    for version in versions:
        listings |= {*version.outs.values(), *deliveries(version).values()}
    moved = _fetch(layout, versions, listings, name)
    files: set[str] = set()
    for version in versions:
        for oid in listings:
            files |= set(version.store.tree(oid).values())
    moved += _fetch(layout, versions, files, name)
    saw(layout, [str(version.sha) for version in versions], name)
    return Transferred(len(listings | files), moved, name, name not in config.unverified(layout.root))


def _fetch(layout: Layout, versions: Sequence[Version], oids: set[str], remote: str) -> int:
    store = versions[0].store
    missing = sorted(oid for oid in oids if not store.has(oid))
    if not missing:
        return 0
    fetch(layout, store, missing, remote)
    absent = [oid for oid in missing if not store.has(oid)]
    if absent:
        # HEAD is another commit elsewhere.
        names = [str(version.sha)[:10] if "HEAD" in version.rev else version.name for version in versions]
        raise errors.DataMissing(
            f"{len(absent)} of {len(missing)} objects are missing or damaged on the remote {remote}, the first is {absent[0]}.",
            hint=f"dsv push {' '.join(names)}, from a clone that has them",
        )
    return len(missing)


def _versions(layout: Layout, revs: Sequence[str]) -> list[Version]:
    found = [find(layout, rev) for rev in revs or ["HEAD"]]
    for version in found:
        if version.sha is None:
            raise errors.UsageError("Only committed versions are pushed and pulled.", hint="dsv commit -m MESSAGE")
    return found


def remote_name(layout: Layout, remote: str | None) -> str:
    known = config.remotes(layout.root)
    name = remote or config.chosen_remote(layout.root)
    if name is None:
        raise errors.DsvError(
            "No remote is set up." if not known else f"Several remotes: {', '.join(known)}.",
            hint="dvc remote add -d NAME URL, then dsv init" if not known else "--remote NAME",
        )
    if name not in known:
        raise errors.DsvError(
            f"There is no remote {name!r}; there are {', '.join(known) or 'none'}.", hint="dvc remote add NAME URL"
        )
    return name
