"""Tells which objects of a version are gone, and where they were last: the commit that pins them, the remotes that have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from dsv import errors
from dsv.dvcio import config
from dsv.project.layout import LOCK, Layout
from dsv.project.seen import seen
from dsv.project.tagged import tags
from dsv.store.objects import Store
from dsv.vcs import blob, history, revision, worktree

SHOWN = 3


class Version(Protocol):
    """What is asked of a version; `sha` is None for the workspace."""

    @property
    def layout(self) -> Layout: ...
    @property
    def rev(self) -> str: ...
    @property
    def sha(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def store(self) -> Store: ...
    def bring(self, oids: Iterable[str]) -> str | None: ...


def require(version: Version, folders: Mapping[str, str]) -> None:
    """Fetches what the cache lacks of these folders (path → oid); raises where it is nowhere to be had."""
    unasked = version.bring(folders.values())
    if not unasked:
        there = [oid for oid in folders.values() if version.store.has(oid)]
        unasked = version.bring(md5 for oid in there for md5 in version.store.tree(oid).values())
    found = absent(version.store, folders)
    if found:
        raise error(version, folders, found, unasked)


def absent(store: Store, folders: Mapping[str, str]) -> dict[str, str]:
    """Path → oid of what the cache lacks; a folder whose listing is gone stands for all that is in it."""
    found = {}
    for folder, oid in sorted(folders.items()):
        if not store.has(oid):
            found[folder] = oid
            continue
        found |= {f"{folder}/{name}": md5 for name, md5 in store.tree(oid).items() if not store.has(md5)}
    return found


def error(
    version: Version, folders: Mapping[str, str], found: Mapping[str, str], unasked: str | None = None
) -> errors.DataMissing:
    """The error that tells of objects (path → oid) that are gone from these folders; `unasked`: why no remote could be asked."""
    total = sum(1 + (len(version.store.tree(oid)) if version.store.has(oid) else 0) for oid in folders.values())
    some = ", ".join(list(found)[:SHOWN]) + (f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else "")
    name = "the workspace" if version.sha is None else version.rev
    whole = [oid for oid in folders.values() if not version.store.has(oid)]
    told = [
        f"{len(found):,} of {'at least ' if whole else ''}{total:,} objects of {name} are not in the cache: {some}."
    ]
    pinned = _pinned(version, _listing(folders, next(iter(found))))
    told.append(pinned.told)
    where, hint = _remotes(version, pinned.name, list(found.values()))
    return errors.DataMissing(" ".join(filter(None, [*told, where, unasked])), hint=hint)


def _listing(folders: Mapping[str, str], path: str) -> str:
    return next(oid for folder, oid in folders.items() if path == folder or path.startswith(f"{folder}/"))


class Pinned(NamedTuple):
    """The commit that pins an object, as it is told, and the version that a command must name; empty for HEAD's."""

    told: str
    name: str


def _pinned(version: Version, oid: str) -> Pinned:
    """The newest commit whose lock names the listing; a version outside of git has none."""
    root = version.layout.root
    if version.sha is None and (worktree.toplevel(root) is None or revision.find(root, "HEAD") is None):
        return Pinned("", "")
    commits = history.log(root, "HEAD", paths=[LOCK])
    own = [] if version.sha is None else history.log(root, version.sha, limit=1)
    locks = blob.read_files(root, [(commit.sha, LOCK) for commit in commits])
    last = next((c for c, lock in zip(commits, locks, strict=True) if lock and oid.encode() in lock), None)
    found = last or next(iter(own), None)
    if found is None:
        return Pinned("No commit pins them.", version.name)
    tag = tags(version.layout).get(found.sha)
    named = ", ".join([*([tag] if tag else []), found.author, found.date[:10]])
    # Of the workspace, which may be as an older version has it.
    older = version.sha is None and found != commits[0]
    return Pinned(f"Last pinned by commit {found.sha[:10]} ({named}).", (tag or found.sha[:10]) if older else version.name)


def _remotes(version: Version, rev: str, oids: list[str]) -> tuple[str, str]:
    """What is known of the remotes, and the next command. A folder is looked into; others are not asked: they may be slow."""
    layout = version.layout
    remotes = config.remotes(layout.root)
    pull = f"dsv pull {rev}".rstrip()
    if not remotes:
        return "No remote is set up.", f"dvc remote add -d NAME URL, then {pull}"
    told: dict[str, str] = {}
    best: tuple[int, str] = (-1, "")
    default = config.default_remote(layout.root) or next(iter(remotes))
    for name, url in sorted(remotes.items(), key=lambda item: item[0] != default):
        there = _count(Path(url), oids) if "://" not in url else None
        when = seen(layout).get(version.sha or "", {}).get(name)
        last = f", where they were on {when[:10]}" if when else ""
        if there is None:
            told[name] = f"They should be on the remote {name} ({url}){last}."
        elif there:
            told[name] = f"The remote {name} ({url}) has {'all' if there == len(oids) else f'{there:,}'} of them."
        else:
            told[name] = f"The remote {name} ({url}) has none of them{last}."
        best = max(best, (len(oids) if there is None else there, name), key=lambda item: item[0])
    if not best[0]:
        return " ".join(
            told.values()
        ), f"dsv push {rev}".rstrip() + ", in a clone that has them"
    return " ".join(told.values()), pull if best[1] == default else f"{pull} --remote {best[1]}"


def _count(folder: Path, oids: list[str]) -> int:
    """How many of the objects a remote has that is a folder."""
    return sum(Store(folder).has(oid) for oid in oids)
