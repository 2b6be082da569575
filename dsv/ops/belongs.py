"""The files that make a version. Imports nothing: hooks ask on every commit."""

from __future__ import annotations

# How a version is kept, not what it is: a team's remotes, what git and DVC look at.
SETTINGS = (".dvcignore", ".gitignore", ".gitattributes", ".dsv/.gitignore", ".dvc/config", ".dvc/.gitignore")
FILES = ("params.yaml", "dvc.yaml", "dvc.lock", ".dsv/sig.yaml", *SETTINGS)
FOLDERS = ("data/", "reports/", "runs/")


def belongs(path: str) -> bool:
    """Whether a path (relative to the project) is part of a version. What a kill left half built is not."""
    return path in FILES or (path.startswith(FOLDERS) and not any(map(_building, path.split("/"))))


def _building(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")
