"""The files that make a version, as git sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsv.project.layout import Layout
from dsv.record import yaml12
from dsv.vcs import worktree

PYTHON = "python"
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
    """The files of the version, and the modules of the user's own stages, that git has not got as they are."""
    changed = [change.path for change in worktree.dirty(layout.root)]
    own = modules(layout) if changed else set()
    return sorted(path for path in changed if belongs(path) or path in own)


def modules(layout: Layout) -> set[str]:
    """Where the modules of the user's own stages lie, if they lie in the project."""
    params = yaml12.load(layout.params.read_bytes())
    return set(modules_of(params)) if isinstance(params, dict) else set()


def modules_of(params: Mapping[str, Any]) -> dict[str, str]:
    """Where the modules of the stages of one's own may lie → the stage."""
    found: dict[str, str] = {}
    for name, section in params.items():
        if isinstance(section, dict) and section.get("use", name) == PYTHON:
            place = str(section.get("function")).partition(":")[0].replace(".", "/")
            found |= {f"{place}.py": name, f"{place}/__init__.py": name}
    return found
