"""What a delivery consists of: nothing but plain files, and no link that leads out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dsv.errors import UsageError

# What DVC leaves out of a folder that it tracks: a clone would lack it.
FOREIGN = (".git", ".hg", ".dvc", ".dvcignore")


class Scanned(NamedTuple):
    """Name in the delivery → the path that it is taken from: of each file, and of each folder, parents first."""

    files: dict[str, str]
    folders: dict[str, str]


def scan(paths: Sequence[Path]) -> Scanned:
    """What is to be taken; refuses what a delivery cannot hold."""
    found = Scanned({}, {})
    for path in paths:
        if path.is_dir():
            _named(path.name, os.fspath(path))
            _folder(os.fspath(path), "", os.path.realpath(path), found)
        else:
            _file(os.fspath(path), path.name, found)
    if not found.files:
        raise UsageError("The delivery holds no file.")
    return found


def _file(path: str, name: str, found: Scanned) -> None:
    """A file that is named itself: it may be a link to anywhere."""
    _named(name, path)
    _new(name, found)
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise UsageError(f"{path} is no file but a pipe, a socket or a device.")
    found.files[name] = os.path.realpath(path)


def _folder(where: str, below: str, base: str, found: Scanned) -> None:
    """`below` is its name in the delivery, with a slash at its end; `base` the real path of what is delivered."""
    with os.scandir(where) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        name = below + entry.name
        _named(entry.name, entry.path)
        _new(name, found)
        if entry.is_symlink():
            found.files[name] = _followed(entry.path, base)
        elif entry.is_dir(follow_symlinks=False):
            found.folders[name] = entry.path
            _folder(entry.path, f"{name}/", base, found)
        elif entry.is_file(follow_symlinks=False):
            found.files[name] = entry.path
        else:
            raise UsageError(f"{entry.path} is no file but a pipe, a socket or a device.")


def _followed(path: str, base: str) -> str:
    real = os.path.realpath(path)
    if not os.path.isfile(real):
        raise UsageError(f"{path} is a link to a folder or to nothing; deliver what it points to.")
    if not Path(real).is_relative_to(base):
        raise UsageError(f"{path} is a link that leaves the delivery; deliver what it points to.")
    return real


def _new(name: str, found: Scanned) -> None:
    if name in found.files or name in found.folders:
        raise UsageError(f"Two files of the delivery are called {os.path.basename(name)!r}.")


def _named(name: str, path: str) -> None:
    if name in FOREIGN:
        raise UsageError(f"{path} is not tracked by DVC; deliver the files without it.")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UsageError(f"The name of {os.fsencode(path)!r} is not UTF-8; rename it.") from None
