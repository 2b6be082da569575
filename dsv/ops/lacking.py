"""Versions of which a remote has not got every object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dsv.dvcio import transfer
from dsv.ops.checkout import deliveries
from dsv.ops.transfer import remote_name
from dsv.project.fetch import fetch
from dsv.project.layout import Layout
from dsv.project.version import Version
from dsv.vcs.history import Commit


class Lacking(NamedTuple):
    """The versions, by commit, with the objects that are not there, and the remote that was asked."""

    remote: str
    versions: list[tuple[Commit, list[str]]]


def lacking(layout: Layout, commits: Sequence[Commit], remote: str | None = None) -> Lacking:
    """The versions that the remote has not got whole. What is there is asked of the remote, once for all."""
    name = remote_name(layout, remote)
    wanted = {commit.sha: _objects(layout, Version(layout, commit.sha, commit.sha), name) for commit in commits}
    missing = set(transfer.missing(layout.root, sorted(set().union(*wanted.values())), name))
    lacks = [(commit, sorted(wanted[commit.sha] & missing)) for commit in commits]
    return Lacking(name, [(commit, gone) for commit, gone in lacks if gone])


def _objects(layout: Layout, version: Version, remote: str) -> set[str]:
    """The objects of a version; a listing that is not here is fetched, and stands for itself where it cannot be."""
    listings = {*version.outs.values(), *deliveries(version).values()}
    absent = sorted(oid for oid in listings if not version.store.has(oid))
    if absent:
        fetch(layout, version.store, absent, remote)
    known = [oid for oid in listings if version.store.has(oid)]
    return listings | {oid for listing in known for oid in version.store.tree(listing).values()}
