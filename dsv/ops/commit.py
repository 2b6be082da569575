"""Commits code and data version in one git commit."""

from __future__ import annotations

import re
from typing import NamedTuple

from dsv import errors
from dsv.dvcio.config import cache_dir
from dsv.dvcio.turn import turn
from dsv.ops.diff import diff
from dsv.ops.status import status
from dsv.ops.tracked import uncommitted
from dsv.project.history import tags
from dsv.project.layout import LOCK, Layout
from dsv.project.version import dataset
from dsv.store import disk
from dsv.vcs import blob, revision, write

VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


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
    found = status(layout)
    stale = [s.stage for s in found.stages if s.state != "fresh"]
    if stale:
        raise errors.DsvError(
            f"Out of date: {', '.join(stale)}. A version is committed as it was built.", hint="dsv run"
        )
    name = _version(layout, tag) if tag else None
    paths = uncommitted(layout)
    if not paths and name is None:
        raise errors.DsvError("Nothing to commit: this version is committed already.", hint="dsv log")
    write.add(layout.root, paths)
    # The objects before the commit that names them: a power failure must not leave a version without its data.
    if paths:
        disk.flush(cache_dir(layout.root))
    return name, paths


def _version(layout: Layout, tag: str) -> str:
    name = dataset(layout)
    known = {v for v in tags(layout).values() if v.startswith(f"{name}@")}
    latest = max((_numbers(v) for v in known), default=None)
    if tag == "auto":
        version = _next(layout, name, latest)
    else:
        if not VERSION.fullmatch(tag.rpartition("@")[2]):
            raise errors.UsageError(f"{tag!r} is no version; write vX.Y.Z or auto.")
        version = tag.rpartition("@")[2]
    full = f"{name}@{version}"
    if full in known:
        raise errors.DsvError(f"{full} exists; a version is never moved.", hint="dsv commit --tag auto")
    return full


def _numbers(version: str) -> tuple[int, ...]:
    found = VERSION.search(version)
    return tuple(int(n) for n in found.groups()) if found else (0, 0, 0)


def _next(layout: Layout, name: str, latest: tuple[int, ...] | None) -> str:
    if latest is None:
        return "v1.0.0"
    before = "v" + ".".join(map(str, latest))
    sha = revision.resolve(layout.root, f"{name}@{before}")
    if blob.read_file(layout.root, sha, LOCK) == (layout.root / LOCK).read_bytes():
        raise errors.DsvError(f"{name}@{before} is this very version.", hint="dsv log")
    major, minor, patch = latest
    steps = {
        "major": f"v{major + 1}.0.0",
        "minor": f"v{major}.{minor + 1}.0",
        "patch": f"v{major}.{minor}.{patch + 1}",
        None: f"v{major}.{minor}.{patch + 1}",
    }
    return steps[diff(layout, before, ".").bump]
