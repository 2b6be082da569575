"""The files that make a version, as git sees them."""

from __future__ import annotations

from dsv.project.layout import Layout
from dsv.vcs import worktree

FILES = (
    "params.yaml",
    "dvc.yaml",
    "dvc.lock",
    ".dvcignore",
    ".gitignore",
    ".dsv/sig.yaml",
    ".dsv/.gitignore",
    ".dvc/config",
    ".dvc/.gitignore",
)
FOLDERS = ("data/", "reports/", "runs/")


def belongs(path: str) -> bool:
    """Whether a path (relative to the project) is part of a version. What a kill left half built is not."""
    return path in FILES or (path.startswith(FOLDERS) and not any(map(_building, path.split("/"))))


def _building(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")


def uncommitted(layout: Layout) -> list[str]:
    """The files of the version that git has not got as they are."""
    return sorted(change.path for change in worktree.dirty(layout.root) if belongs(change.path))
