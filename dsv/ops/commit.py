"""Commits code and data version in one git commit."""

from __future__ import annotations

from typing import NamedTuple

from dsv import errors
from dsv.dvcio.config import cache_dir
from dsv.dvcio.turn import turn
from dsv.ops import semver
from dsv.ops.status import status
from dsv.ops.tracked import changes
from dsv.project.layout import Layout
from dsv.store import disk
from dsv.vcs import revision, write

UNCHANGED = " "


class Committed(NamedTuple):
    """The commit, and its version tag."""

    sha: str
    version: str | None
    files: int


def commit(layout: Layout, message: str, tag: str | None = None) -> Committed:
    """Commits the version as the last run left it, with whatever else is staged."""
    with turn(layout.root, wait=False):
        name, paths = _stage(layout, tag)
    # Not in the turn: git's hooks may call dsv.
    sha = write.commit(layout.root, message) if paths else str(revision.head(layout.root))
    if name is not None:
        write.tag(layout.root, name, message)
    return Committed(sha, name, len(paths))


def _stage(layout: Layout, tag: str | None) -> tuple[str | None, list[str]]:
    """The version's name, and its changed files, which git has staged then."""
    found = status(layout, every=True)
    stale = [s.stage for s in found.stages if s.state != "fresh"]
    if stale:
        raise errors.DsvError(
            f"Out of date: {', '.join(stale)}. A version is committed as it was built.", hint="dsv run"
        )
    name = semver.name(layout, tag) if tag else None
    changed = changes(layout)
    if not changed and name is None:
        raise errors.DsvError("Nothing to commit: this version is committed already.", hint="dsv log")
    # What `git rm` or `git mv` took away is staged, and `git add` finds nothing there.
    write.add(layout.root, [change.path for change in changed if change.unstaged != UNCHANGED])
    # The objects before the commit that names them: a power failure must not leave a version without its data.
    if changed:
        disk.flush(cache_dir(layout.root))
    return name, sorted({change.path for change in changed})
