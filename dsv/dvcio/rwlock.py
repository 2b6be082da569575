"""DVC's table of what its processes read and write, without what would block all work for ever after a kill."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

NAME = "rwlock"
MOMENTS = 5
EXITING = 0x4  # PF_EXITING of Linux: its files are closed, it is not yet a zombie
SLACK = 5.0  # seconds by which a clock may have been set


def heal(root: Path) -> None:
    """Takes the table away where it is damaged, and out of it what processes left that are gone."""
    path = root / ".dvc" / "tmp" / NAME
    # DVC writes it in place: half of it is what another dvc is writing, or was when it was killed.
    for _ in range(MOMENTS):
        if not path.exists():
            return
        table = _read(path)
        if table is not None:
            _bury(path, table)
            return
        time.sleep(0.05)
    path.unlink(missing_ok=True)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        return None


def _bury(path: Path, table: Any) -> None:
    if _alive(table, path) == table:
        return
    # The file that DVC locks while it edits the table.
    with path.with_name(f"{NAME}.lock").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        table = _read(path)
        if table:
            temporary = path.with_name(f".{NAME}.dsv")
            temporary.write_text(json.dumps(_alive(table, path)), encoding="utf-8")
            temporary.replace(path)


def _alive(table: Any, path: Path) -> Any:
    """The table without what processes left that are gone. One that is not as DVC writes it is left to DVC."""
    try:
        written = path.stat().st_mtime
        read = {name: [one for one in some if not _gone(one["pid"], written)] for name, some in table.get("read", {}).items()}
        write = {name: one for name, one in table.get("write", {}).items() if not _gone(one["pid"], written)}
    except (AttributeError, KeyError, TypeError, FileNotFoundError):
        return table
    left = {"read": {name: some for name, some in read.items() if some}, "write": write}
    return {name: left.get(name, whole) for name, whole in table.items()}


def _gone(pid: int, written: float) -> bool:
    """Whether a process has ended that DVC takes for alive, as it asks no more than whether there is one of its number.

    Who was killed keeps its number until somebody collects the dead, in some containers nobody; then another may get it.
    """
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        boot = next(line for line in Path("/proc/stat").read_bytes().splitlines() if line.startswith(b"btime "))
    except OSError:
        return False
    ended = told[0] in (b"Z", b"X") or int(told[6]) & EXITING
    started = int(boot.split()[1]) + int(told[19]) / os.sysconf("SC_CLK_TCK")
    return bool(ended) or started > written + SLACK
