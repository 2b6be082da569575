"""Which commits are named versions."""

from __future__ import annotations

from dsv.project.layout import Layout
from dsv.vcs import tag


def tags(layout: Layout) -> dict[str, str]:
    """Commit → the version tag that names it (the highest, where there are several)."""
    return {t.target: t.name for t in tag.tags(layout.root) if "@v" in t.name}
