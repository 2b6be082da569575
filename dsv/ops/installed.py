"""The projects of a repository for which a part of `dsv install` is set up."""

from __future__ import annotations

from pathlib import Path

from dsv.project.layout import PARAMS, Layout
from dsv.vcs import local, worktree


def projects(start: Path, part: str) -> list[Layout]:
    """The projects that are in the work tree now: a branch may lack one."""
    top = worktree.toplevel(start)
    if top is None:
        return []
    found = [Layout((top / prefix).resolve()) for prefix in local.values(top, f"dsv.{part}")]
    return [layout for layout in found if (layout.root / PARAMS).is_file()]
