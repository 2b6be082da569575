"""The versions of a project: the commits that changed what is pinned, with their tags and reports."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from dsv import errors
from dsv.project import reports
from dsv.project.layout import LOCK, Layout, report
from dsv.project.tagged import tags
from dsv.project.version import find
from dsv.vcs import blob, revision, tag
from dsv.vcs import history as commits

AUDIT = "audit"
# What is called so are the records that are in no split, where others are in one.
UNSPLIT = "unsplit"
VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


class Entry(NamedTuple):
    """One version. `root` is None where the commit has no report."""

    sha: str
    version: str | None
    date: str
    author: str
    message: str
    root: str | None
    records: int | None
    splits: dict[str, int]


def entries(layout: Layout, rev: str = "HEAD", limit: int | None = None) -> list[Entry]:
    """The versions that lead to `rev`, newest first: commits that changed dvc.lock."""
    if revision.head(layout.root) is None:
        return []
    found = commits.log(layout.root, find(layout, rev).sha or "HEAD", paths=[LOCK], limit=limit)
    return _told(layout, found)


def _told(layout: Layout, found: list[commits.Commit]) -> list[Entry]:
    told = blob.read_files(layout.root, [(commit.sha, report(AUDIT)) for commit in found])
    names = tags(layout)
    return [_entry(commit, data, names.get(commit.sha)) for commit, data in zip(found, told, strict=True)]


def between(layout: Layout, a: str, b: str | None) -> list[Entry]:
    """The versions that lead from one commit to another (HEAD when None), oldest first; the first one is not among them."""
    found = commits.log(layout.root, f"{a}..{b or 'HEAD'}", paths=[LOCK], first_parent=True)[::-1]
    return _told(layout, found)


class Release(NamedTuple):
    """A commit that a version tag names. `date` is the tag's."""

    numbers: tuple[int, int, int]
    version: str
    sha: str
    date: str
    message: str


def releases(layout: Layout, dataset: str, rev: str = "HEAD") -> list[Release]:
    """The named versions of a data set that lead to a revision, lowest first."""
    sha = revision.find(layout.root, rev)
    found = []
    for t in tag.tags(layout.root, sha) if sha else ():
        name, _, version = t.name.rpartition("@")
        match = VERSION.fullmatch(version)
        if name == dataset and match:
            major, minor, patch = map(int, match.groups())
            found.append(Release((major, minor, patch), t.name, t.target, t.date, t.subject))
    return sorted(found)


def _entry(commit: commits.Commit, data: bytes | None, version: str | None) -> Entry:
    told = _report(data)
    dataset = told.get("dataset", {})
    return Entry(
        commit.sha, version, commit.date, commit.author, commit.subject, dataset.get("root"), dataset.get("records"), splits(told)
    )  # fmt: skip


def _report(data: bytes | None) -> dict[str, Any]:
    """What a commit tells of itself. One that was committed damaged must not hide the others."""
    try:
        return reports.load(data, report(AUDIT)) if data else {}
    except errors.DsvError:
        return {}


def splits(audit: dict[str, Any]) -> dict[str, int]:
    """Records by split, from the report of audit; those without one last."""
    told = audit.get("summary", {}).get("splits", {})
    found = {name: int(n) for name, n in told.items()} if isinstance(told, dict) else {}
    rest = (audit.get("dataset", {}).get("records") or 0) - sum(found.values())
    return {**found, UNSPLIT: found.get(UNSPLIT, 0) + rest} if found and rest > 0 else found
