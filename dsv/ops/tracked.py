"""Which files of a version git has not got, and the modules of the user's own stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsv.ops.belongs import belongs
from dsv.project.layout import Layout
from dsv.record import yaml12
from dsv.vcs import worktree
from dsv.vcs.worktree import Change

PYTHON = "python"
UNTRACKED = "?"


def _left(path: str) -> bool:
    """Whether an untracked file is data: what another branch delivered or built stays when that branch is left."""
    return path.startswith("data/") and not path.endswith((".dvc", "/.gitignore"))


def uncommitted(layout: Layout) -> list[str]:
    """The files of the version, and the modules of the user's own stages, that git has not got as they are."""
    return [change.path for change in changes(layout)]


def changes(layout: Layout) -> list[Change]:
    """As `uncommitted`, with what git has of each."""
    changed = [c for c in worktree.dirty(layout.root) if c.staged != UNTRACKED or not _left(c.path)]
    own = modules(layout) if changed else set()
    return [change for change in changed if belongs(change.path) or change.path in own]


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
