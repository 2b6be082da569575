"""Puts the files of a delivery in place: whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from dsv.errors import UsageError
from dsv.ops.scan import Scanned
from dsv.project import cache, delivered
from dsv.project.layout import Layout
from dsv.store import files, hashed
from dsv.vcs import worktree

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
    if folder.exists() and not _ours(layout, folder) and not stored(layout, folder):
        raise UsageError(f"{folder} is there, and no delivery; move it elsewhere first.")


def _ours(layout: Layout, folder: Path) -> bool:
    """Whether a folder that params.yaml does not name was left by an `add` that died: what it held is a copy."""
    mark = layout.temporary / MARK
    left = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
    return folder.with_name(f"{folder.name}.dvc").exists() or left == folder.relative_to(layout.root).as_posix()


def stored(layout: Layout, folder: Path) -> bool:
    """Whether the cache has all that a folder holds: then it is a delivery of another branch, which git left where it was."""
    if not folder.is_dir():
        return False
    store, oid = cache.store(layout), delivered.digest(layout, folder)
    return store.intact(oid) and not store.damaged([*store.tree(oid).values()])


def take(layout: Layout, found: Scanned, folder: Path, how: str) -> dict[str, hashed.Hashed]:
    """Copies (or links) the files to a temporary name, then renames; what each holds, by its name in the delivery."""
    building = folder.with_name(f".{folder.name}.tmp")
    if building.exists():
        shutil.rmtree(building)
    building.mkdir(parents=True)
    try:
        for name in found.folders:
            (building / name).mkdir()
        taken = dict(hashed.each(_put(found.files, os.fspath(building), how), list(found.files)))
        ignored = worktree.ignored(layout.root, building, IGNORE) if (layout.root / IGNORE).exists() else []
        if ignored:
            name = os.fspath(Path(ignored[0]).relative_to(building.relative_to(layout.root)))
            raise UsageError(
                f"{IGNORE} ignores {name}, so DVC would not track it.", hint=f"deliver without it, or edit {IGNORE}"
            )
        files.write(layout.temporary / MARK, f"{folder.relative_to(layout.root).as_posix()}\n".encode())
        if folder.exists():
            shutil.rmtree(folder)
        building.rename(folder)
        return taken
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()
        raise


def done(layout: Layout) -> None:
    """The delivery is named: what lies in its folder is no longer what an `add` that died may have left."""
    (layout.temporary / MARK).unlink(missing_ok=True)


def _put(
    sources: Mapping[str, str], building: str, how: str
) -> Callable[[Iterable[str]], list[tuple[str, hashed.Hashed]]]:
    """Puts a group of files in place."""

    def put(names: Iterable[str]) -> list[tuple[str, hashed.Hashed]]:
        room, done = hashed.buffer(), []
        for name in names:
            target = f"{building}/{name}"
            if how == "link":
                os.link(sources[name], target)
                done.append((name, hashed.of(target, room)))
            else:
                done.append((name, hashed.copy(sources[name], target, room)))
        return done

    return put


def clear(paths: Sequence[Path]) -> None:
    """Takes the originals away, after all that the project needs is on the disk."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
