"""The version at which two histories parted."""

from __future__ import annotations

from dsv import errors
from dsv.project.layout import Layout
from dsv.project.version import find
from dsv.vcs import revision


def merge_base(layout: Layout, a: str, b: str) -> str:
    """The sha of the merge base of two revisions."""
    old, new = find(layout, a), find(layout, b)
    found = revision.merge_base(layout.root, old.sha or "HEAD", new.sha or "HEAD")
    if found is None:
        raise errors.UnknownVersion(f"{a} and {b} have no common history.")
    return found
