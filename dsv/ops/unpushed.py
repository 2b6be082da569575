"""Versions whose data no remote has got, as far as this clone can tell without a network."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from dsv.dvcio import config, lock
from dsv.project import cache
from dsv.project.layout import LOCK, PIPELINE, Layout
from dsv.project.seen import seen
from dsv.store.objects import Store
from dsv.vcs import blob, history, revision
from dsv.vcs.history import Commit


def unpushed(layout: Layout) -> list[Commit] | None:
    """The versions up to HEAD that the default remote lacks (any remote, where none is the default), newest first; None where
    there is no remote.

    A remote that is a folder is looked into. Of another it is known what this clone sent there or fetched; what it has not got
    itself is not counted.
    """
    remotes = config.remotes(layout.root)
    default = config.default_remote(layout.root)
    if default in remotes:
        remotes = {default: remotes[default]}
    if not remotes:
        return None
    if revision.find(layout.root, "HEAD") is None:
        return []
    commits, noted = history.log(layout.root, paths=[LOCK]), seen(layout)
    listings = _listings(layout, dict.fromkeys([*(commit.sha for commit in commits), *noted]))
    has = [_has(layout, url, [listings[what] | {what} for what, where in noted.items() if name in where]) for name, url in remotes.items()]
    return [commit for commit in commits if not any(all(map(there, listings[commit.sha])) for there in has)]


def _listings(layout: Layout, shas: Collection[str]) -> dict[str, set[str]]:
    """The listings of each commit. A listing is sent after its files, and stands for them."""
    texts = iter(blob.read_files(layout.root, [(sha, name) for sha in shas for name in (LOCK, PIPELINE)]))
    return {sha: lock.listings(locked or b"", pipeline or b"") for sha, locked, pipeline in zip(shas, texts, texts, strict=True)}


def _has(layout: Layout, url: str, saw: Collection[set[str]]) -> Callable[[str], bool]:
    """Tells whether a remote has a listing, as far as is known; `saw`: those of the versions that were seen there."""
    if "://" not in url:
        return Store(Path(url)).has
    known, own = set().union(*saw), cache.store(layout)
    return lambda oid: oid in known or not own.has(oid)
