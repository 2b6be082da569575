"""Puts the files of a delivery in place: whole or not at all, and nothing but plain files."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dsv.errors import UsageError
from dsv.project.layout import Layout
from dsv.runner import files
from dsv.vcs import worktree

# What DVC leaves out of a folder that it tracks: a clone would lack it.
FOREIGN = (".git", ".hg", ".dvc", ".dvcignore")
IGNORE = ".dvcignore"
MARK = "add"


def check(layout: Layout, paths: Sequence[Path], folder: Path) -> None:
    """Refuses paths that are not there, and those that the delivery would be copied over."""
    for path in paths:
        real = Path(os.path.realpath(path))
        if not real.exists():
            raise UsageError(f"There is no {path}.")
        if real.is_relative_to(folder):
            raise UsageError(f"{path} lies where the delivery goes; move it elsewhere first.")
        if folder.is_relative_to(real):
            raise UsageError(f"{path} holds the project itself.")
    if folder.exists() and not _ours(layout, folder):
        raise UsageError(f"{folder} is there, and no delivery; move it elsewhere first.")


def _ours(layout: Layout, folder: Path) -> bool:
    """Whether a folder that params.yaml does not name was left by an `add` that died: what it held is a copy."""
    mark = layout.temporary / MARK
    left = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
    return folder.with_name(f"{folder.name}.dvc").exists() or left == folder.relative_to(layout.root).as_posix()


def take(layout: Layout, paths: Sequence[Path], folder: Path, how: str) -> None:
    """Copies (or links) the files to a temporary name, then renames."""
    building = folder.with_name(f".{folder.name}.tmp")
    if building.exists():
        shutil.rmtree(building)
    building.mkdir(parents=True)
    try:
        for path in paths:
            _take(path, building, how)
        if not any(path.is_file() for path in building.rglob("*")):
            raise UsageError("The delivery holds no file.")
        ignored = worktree.ignored(layout.root, building, IGNORE) if (layout.root / IGNORE).exists() else []
        if ignored:
            name = Path(ignored[0]).relative_to(building.relative_to(layout.root))
            raise UsageError(
                f"{IGNORE} ignores {name}, so DVC would not track it.", hint=f"deliver without it, or edit {IGNORE}"
            )
        files.write(layout.temporary / MARK, f"{folder.relative_to(layout.root).as_posix()}\n".encode())
        if folder.exists():
            shutil.rmtree(folder)
        building.rename(folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()
        raise


def clear(paths: Sequence[Path]) -> None:
    """Takes the originals away, after all that the project needs is on the disk."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _take(path: Path, building: Path, how: str) -> None:
    if not path.is_dir():
        _put(path, building / path.name, how, None)
        return
    _named(path)
    for child in sorted(path.iterdir()):
        _put(child, building / child.name, how, Path(os.path.realpath(path)))


def _named(path: Path) -> None:
    if path.name in FOREIGN:
        raise UsageError(f"{path} is not tracked by DVC; deliver the files without it.")
    try:
        path.name.encode()
    except UnicodeEncodeError:
        raise UsageError(f"The name of {os.fsencode(path)!r} is not UTF-8; rename it.") from None


def _put(path: Path, target: Path, how: str, base: Path | None) -> None:
    """One file or folder; `base` is the folder that is delivered, None where the file itself was named."""
    _named(path)
    if target.exists():
        raise UsageError(f"Two files of the delivery are called {target.name!r}.")
    real = Path(os.path.realpath(path))
    if path.is_symlink() and not real.is_file():
        raise UsageError(f"{path} is a link to a folder or to nothing; deliver what it points to.")
    if base is not None and not real.is_relative_to(base):
        raise UsageError(f"{path} is a link that leaves the delivery; deliver what it points to.")
    if path.is_dir():
        target.mkdir()
        for child in sorted(path.iterdir()):
            _put(child, target / child.name, how, base)
    elif not stat.S_ISREG(path.stat().st_mode):
        raise UsageError(f"{path} is no file but a pipe, a socket or a device.")
    elif how == "link":
        target.hardlink_to(real)
    else:
        shutil.copyfile(path, target)
