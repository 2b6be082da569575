"""A committed version by all its names, for programs that keep runs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dsv import errors
from dsv.ops import splits
from dsv.project import history
from dsv.project.layout import LOCK, Layout
from dsv.project.layout import find as project
from dsv.project.tagged import tags
from dsv.project.version import WORKSPACE, Version, dataset, find, root


class Named(NamedTuple):
    """A version: the data set's name, commit, tag (None: has none), root, and how many records the version or its split has."""

    dataset: str
    sha: str
    tag: str | None
    root: str
    records: int | None


def named(path: Path, rev: str | None, split: str | None) -> Named:
    """The version that a REV names in the project at a path; a split that it has not is refused."""
    layout = project(path)
    version = committed(layout, rev)
    report = version.report("audit") or {}
    if split is not None:
        splits.check([version], split)
    found = root(version)
    if found is None or version.sha is None:
        raise errors.UnknownVersion(f"{version.rev} has no reports: nothing was run there.", hint="dsv run")
    records = report.get("dataset", {}).get("records") if split is None else history.splits(report).get(split, 0)
    return Named(dataset(layout), version.sha, tags(layout).get(version.sha), found, records)


def committed(layout: Layout, rev: str | None) -> Version:
    """The committed version of a REV. The workspace stands for HEAD if it pins the same data: it may be gone tomorrow."""
    version = find(layout, rev or "HEAD")
    if rev is None or version.sha is None:
        here, head = find(layout, WORKSPACE), find(layout, "HEAD")
        if here.text(LOCK) != head.text(LOCK):
            raise errors.DsvError(
                "The data of the workspace is not committed, and a run names a committed version.",
                hint="dsv commit -m MESSAGE, or name a version",
            )
        version = head
    return version
