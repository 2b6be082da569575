"""What git is about to push: whether the objects of its versions are on the remote."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsv import errors
from dsv.project.layout import LOCK, Layout
from dsv.vcs import history

if TYPE_CHECKING:
    from dsv.ops.lacking import Lacking


def check_push(layout: Layout, pushed: Sequence[str], remote: str) -> None:
    """Raises where objects of a version among the pushed commits, which `remote` of git has not got, are not on DVC's remote."""
    versions = history.unpushed(layout.root, pushed, remote, LOCK)
    if not versions:
        return
    # Asking a remote needs DVC, which is slow to import.
    found: Lacking = importlib.import_module("dsv.ops.lacking").lacking(layout, versions)
    if found.versions:
        told = "".join(f"\n  {v.sha[:10]} {v.subject}: {len(gone):,} objects" for v, gone in found.versions)
        raise errors.DataMissing(
            f"The remote {found.remote} lacks data of what would be pushed; others could not use it.{told}",
            hint=f"dsv push {' '.join(v.sha[:10] for v, _ in found.versions)}; or git push --no-verify",
        )
