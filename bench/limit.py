"""A hard limit of memory for a process and all it starts, by a memory cgroup of its own, version 1 or 2, without swap."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MOUNT = Path("/sys/fs/cgroup")
EVERY = 0.05
GONE = 5.0


class Files(NamedTuple):
    """What a version of cgroups calls its parent folder, its limits, the anonymous memory and its count of kills."""

    parent: Path
    limit: str
    swap: str
    anonymous: str
    events: str


VERSION_1 = Files(MOUNT / "memory", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "total_rss", "memory.oom_control")  # fmt: skip
VERSION_2 = Files(MOUNT, "memory.max", "memory.swap.max", "anon", "memory.events")


class Group:
    """A memory cgroup; `peak` is the most anonymous memory that was seen, in bytes."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder, self.files = folder, files
        self.peak = 0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._sample, daemon=True)
        self._watch.start()

    def inside(self, *command: str) -> list[str]:
        """The command, run within the group from its first instruction on."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs"), *command]

    def killed(self) -> int:
        """How many processes the kernel has ended for want of memory."""
        return _value(self.folder / self.files.events, "oom_kill")

    def close(self) -> None:
        """Takes the group away once its last process has ended."""
        self._over.set()
        self._watch.join()
        until = time.monotonic() + GONE
        while (self.folder / "cgroup.procs").read_text().strip() and time.monotonic() < until:
            time.sleep(EVERY)
        self.folder.rmdir()

    def _sample(self) -> None:
        while not self._over.wait(EVERY):
            self.peak = max(self.peak, _value(self.folder / "memory.stat", self.files.anonymous))


def _value(path: Path, name: str) -> int:
    found = dict(line.split() for line in path.read_text().splitlines())
    return int(found.get(name, 0))


@contextlib.contextmanager
def limited(limit: int) -> Iterator[Group]:
    """A group with so many bytes of memory and no swap; ends the program where the machine grants none."""
    files = VERSION_1 if VERSION_1.parent.is_dir() else VERSION_2
    folder = files.parent / f"dsv-bench-{os.getpid()}"
    try:
        if files is VERSION_2:
            (MOUNT / "cgroup.subtree_control").write_text("+memory")
        folder.mkdir()
    except OSError as error:
        raise SystemExit(f"A memory cgroup is needed below {files.parent}, and cannot be made: {error}.") from error
    try:
        (folder / files.limit).write_text(str(limit))
        # A kernel that does not count swap has no such file, and a machine without swap needs none.
        with contextlib.suppress(FileNotFoundError):
            (folder / files.swap).write_text(str(limit if files is VERSION_1 else 0))
    except OSError as error:
        folder.rmdir()
        raise SystemExit(f"The memory cgroup {folder} takes no limit: {error}.") from error
    group = Group(folder, files)
    try:
        yield group
    finally:
        group.close()
