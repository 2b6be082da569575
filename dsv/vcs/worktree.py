"""The work tree: where it is, what is in it, what has changed in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from dsv.errors import DsvError
from dsv.vcs import run


class Change(NamedTuple):
    """A path that differs from HEAD. `staged` and `unstaged` are git's letters; `?` is untracked, blank unchanged."""

    path: str
    staged: str
    unstaged: str


def toplevel(start: Path) -> Path | None:
    """The root of the work tree around `start`; None outside of any."""
    answer = run.ask(start, "rev-parse", "--show-toplevel")
    if answer.status == 0:
        return Path(os.fsdecode(answer.out).removesuffix("\n"))
    if "not a git repository" in answer.problem or "must be run in a work tree" in answer.problem:
        return None
    raise DsvError(f"git: {answer.problem}")


def inside_git(start: Path) -> bool:
    """Whether a folder is among git's own files: of a bare repository, or of `.git`."""
    answer = run.ask(start, "rev-parse", "--is-inside-git-dir")
    return answer.status == 0 and answer.out.strip() == b"true"


def prefix(root: Path) -> str:
    """The path of `root` below the toplevel, with a slash at its end; empty at the toplevel."""
    return run.line(root, "rev-parse", "--show-prefix")


def main_root(root: Path) -> Path | None:
    """The directory that is `root` in the main work tree: itself unless this is a linked one; None if that is bare, or none."""
    git = next((folder / ".git" for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if git is not None and git.is_dir():
        # Only a linked work tree, or a submodule, has a file there; git need not be asked.
        return root
    if toplevel(root) is None:
        return None
    told = os.fsdecode(run.read(root, "rev-parse", "--absolute-git-dir", "--git-common-dir"))
    own, common = ((root / line).resolve() for line in told.splitlines())
    if own == common:
        return root
    return common.parent / prefix(root) if common.name == ".git" else None


def dirty(root: Path, below: str = ".") -> list[Change]:
    """What differs from HEAD below a path: staged, changed, deleted or untracked (not ignored), sorted by path."""
    out = run.read(root, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", below)
    start = prefix(root) if out else ""
    changes = []
    for item in os.fsdecode(out).split("\0")[:-1]:
        letters, path = item[:2], item[3:]
        # git names paths from the toplevel here, whatever the directory it runs in
        changes.append(Change(path.removeprefix(start), letters[0], letters[1]))
    return sorted(changes)


def staged(root: Path, index: Path | None = None) -> list[str]:
    """The paths below `root` that a commit of the index would change, sorted."""
    out = run.read(root, "diff", "--cached", "--name-only", "-z", "--no-renames", "--relative", index=index)
    return sorted(os.fsdecode(out).split("\0")[:-1])


def ignored(root: Path, below: Path, patterns: str) -> list[str]:
    """The untracked files below a folder that a file of patterns (in `root`, in the manner of .gitignore) ignores."""
    # With `root` as the top: some git look for the file from there, all hold the patterns against paths from there.
    top = (f"--git-dir={run.line(root, 'rev-parse', '--absolute-git-dir')}", "--work-tree=.")
    names = ("ls-files", "-z", "--others", "--ignored", f"--exclude-from={patterns}", "--", os.fspath(below))
    out = run.read(root, *top, *names)
    return sorted(os.fsdecode(out).split("\0")[:-1])


def ls_files(root: Path, below: str = ".") -> list[str]:
    """The tracked paths below a path, sorted."""
    out = run.read(root, "ls-files", "-z", "--", below)
    return sorted(set(os.fsdecode(out).split("\0")[:-1]))
