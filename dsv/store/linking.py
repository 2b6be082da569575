"""Ways for two paths to have the same bytes: shared blocks, one inode, or a copy."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress

FICLONE = 0x40049409
# What a file system answers that cannot do it for any file.
NEVER = (errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EINVAL, errno.ENOSYS)
FATAL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
PROTECTED = 0o444


def link(source: str, target: str, ways: Sequence[str], lacking: set[str] | None = None) -> None:
    """Makes `target`, where nothing is, have the bytes of `source`. `lacking` remembers the ways that the file system lacks."""
    for way in (*ways, "copy"):
        if lacking and way in lacking:
            continue
        try:
            _WAYS[way](source, target)
        except OSError as error:
            with suppress(FileNotFoundError):
                os.unlink(target)
            if way == "copy" or error.errno in FATAL:
                raise
            if lacking is not None and error.errno in NEVER:
                lacking.add(way)
        else:
            return


def keep(path: str, target: str, size: int, ways: Sequence[str], lacking: set[str]) -> None:
    """Makes the file at `path` the object at `target`, unless it is there. No moment sees half of an object."""
    if _there(target, size):
        return
    if next((way for way in ways if way not in lacking), None) == "hardlink":
        # A link appears at once and whole: it needs no other name first. What fails here is told below.
        with suppress(OSError):
            os.chmod(path, PROTECTED)
            os.link(path, target)
            return
    temporary = f"{target}.{os.urandom(4).hex()}.tmp"
    link(path, temporary, ways, lacking)
    os.chmod(temporary, PROTECTED)
    os.replace(temporary, target)


def _there(target: str, size: int) -> bool:
    """Whether the object is there. What a power failure cut short is not."""
    try:
        return os.stat(target).st_size == size
    except FileNotFoundError:
        return False


def _reflink(source: str, target: str) -> None:
    with open(source, "rb") as a, open(target, "xb") as b:
        fcntl.ioctl(b, FICLONE, a.fileno())


def _hardlink(source: str, target: str) -> None:
    os.link(source, target)
    # DVC protects what it links; a program that edits in place must fail, not change the cache.
    os.chmod(source, PROTECTED)


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, target)


_WAYS = {"reflink": _reflink, "hardlink": _hardlink, "copy": _copy}
