"""Where the objects of a project are."""

from __future__ import annotations

from dsv.dvcio import config
from dsv.project.layout import Layout
from dsv.store.objects import Store
from dsv.vcs import worktree


def store(layout: Layout, rev: str = "") -> Store:
    """The cache of the project, where the objects of `rev` are read if it is given. A linked work tree of git uses that of the main one: DVC would give it an empty one."""
    main = worktree.main_root(layout.root)
    if main is not None and main != layout.root and (main / ".dvc").is_dir():
        config.share_cache(layout.root, main)
    return Store(config.cache_dir(layout.root), config.cache_types(layout.root), rev)
