"""Merges: which one is under way or was last, what of it git could not merge, and git's own merge of three texts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from dsv.errors import DsvError
from dsv.vcs import revision, run

# A rebase or a cherry-pick puts one commit on another: its parent is the base. A revert puts its parent there, and it is the base.
PICKED = {"CHERRY_PICK_HEAD": "", "REBASE_HEAD": "rebase-merge", "REVERT_HEAD": ""}
MARKER = 7


class Merge(NamedTuple):
    """Two commits and what they were made of. `going`: it is not committed yet; `reverts`: theirs is as it was before base."""

    base: str | None
    ours: str
    theirs: str
    going: bool
    reverts: bool = False


def current(root: Path) -> Merge | None:
    """The merge, rebase, cherry-pick or revert under way; else the last merge of the branch; None without any."""
    ours = revision.head(root)
    if ours is None:
        return None
    theirs = revision.find(root, "MERGE_HEAD")
    if theirs is not None:
        return onto(root, theirs)
    for name, folder in PICKED.items():
        picked = revision.find(root, name)
        # REBASE_HEAD may stay when the rebase is done.
        if picked is None or (folder and not (root / run.line(root, "rev-parse", "--git-path", folder)).exists()):
            continue
        before = revision.find(root, f"{picked}^")
        if name != "REVERT_HEAD":
            return Merge(before, ours, picked, True)
        if before is not None:
            return Merge(picked, ours, before, True, reverts=True)
    last = run.line(root, "rev-list", "--first-parent", "--min-parents=2", "--max-count=1", ours)
    return of(root, last) if last else None


def onto(root: Path, theirs: str, ours: str = "HEAD", *, going: bool = True) -> Merge:
    """The merge of a commit into another one."""
    own, other = revision.resolve(root, ours), revision.resolve(root, theirs)
    return Merge(revision.merge_base(root, own, other), own, other, going)


def of(root: Path, commit: str) -> Merge:
    """The merge that a commit is."""
    parents = run.line(root, "rev-list", "--max-count=1", "--parents", commit).split()[1:]
    if len(parents) != 2:
        raise DsvError(f"{commit[:10]} is no merge of two commits.", hint="git log --merges")
    ours, theirs = parents
    return Merge(revision.merge_base(root, ours, theirs), ours, theirs, False)


def unmerged(root: Path) -> list[str]:
    """The paths that git could not merge, relative to `root` and below it."""
    out = run.read(root, "ls-files", "--unmerged", "-z", "--", ".")
    return sorted({os.fsdecode(item.partition(b"\t")[2]) for item in out.split(b"\0")[:-1]})


def merge_texts(base: bytes, ours: bytes, theirs: bytes, marker: int = MARKER) -> tuple[bytes, bool]:
    """git's merge of three texts, and whether it is without conflict; where there is one, markers stand."""
    with tempfile.TemporaryDirectory(prefix="dsv-merge-") as folder:
        names = ("ours", "base", "theirs")
        for name, text in zip(names, (ours, base, theirs), strict=True):
            (Path(folder) / name).write_bytes(text)
        labels = [part for name in names for part in ("-L", name)]
        answer = run.ask(Path(folder), "merge-file", "-p", f"--marker-size={marker}", *labels, *names)
    if answer.status >= 128 and answer.problem:
        raise run.failed("git merge-file", answer)
    return answer.out, answer.status == 0
