"""Runs DVC's own command line: environment, locks, signals, and a dvc.lock that survives a kill."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from dsv import errors
from dsv.dvcio import lock

PR_SET_PDEATHSIG = 1
BACKUP = "dvc.lock.backup"
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which DVC works: quiet, offline, with this Python's commands first."""
    found = dict(os.environ)
    bin_dir = str(Path(sys.executable).parent)
    found["PATH"] = os.pathsep.join([bin_dir, found.get("PATH", "")])
    found |= {"DVC_NO_ANALYTICS": "1", "DVC_STUDIO_OFFLINE": "1"}
    for name in ("USER", "LOGNAME"):
        found.setdefault(name, "dsv")
    return found | dict(extra or {})


def run(root: Path, args: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """What DVC printed; its failure as an error of ours. dvc.lock is whole afterwards, whatever happened."""
    heal(root)
    _backup(root)
    command = [sys.executable, "-m", "dvc", args[0], *args[1:]]
    if args[0] in ("repro", "add", "commit", "checkout", "gc"):
        command = [sys.executable, "-m", "dvc", "--wait-for-lock", *args]
    process = subprocess.Popen(
        command, cwd=root, env=environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=_die_with_parent,
    )  # fmt: skip
    try:
        out, err = process.communicate()
    except BaseException:
        _stop(process)
        heal(root)
        raise
    heal(root)
    (root / ".dsv" / "tmp" / BACKUP).unlink(missing_ok=True)
    if process.returncode:
        raise _failure(args, process.returncode, (err + out).decode(errors="replace"))
    return out.decode(errors="replace")


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends DVC and all that it started: an orphan would go on writing."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        timer = threading.Event()
        for _ in range(100):
            if process.poll() is not None:
                break
            timer.wait(0.05)
        if process.poll() is not None:
            break
    process.wait()


def _backup(root: Path) -> None:
    """Keeps a copy of dvc.lock: DVC writes it in place, and a kill in that moment leaves half of it."""
    source = root / "dvc.lock"
    if source.exists():
        target = root / ".dsv" / "tmp" / BACKUP
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(".tmp")
        shutil.copyfile(source, temporary)
        temporary.replace(target)


def heal(root: Path) -> bool:
    """Puts the copy of dvc.lock back if the file is damaged; whether it was."""
    path, kept = root / "dvc.lock", root / ".dsv" / "tmp" / BACKUP
    if not kept.exists() or (path.exists() and _whole(path)):
        return False
    temporary = path.with_name(".dvc.lock.tmp")
    shutil.copyfile(kept, temporary)
    temporary.replace(path)
    return True


def _whole(path: Path) -> bool:
    """Whether dvc.lock parses and is complete: DVC ends it with a line break, and every stage has its cmd."""
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        return False
    try:
        found = lock.parse(data, data)
    except (errors.DsvError, KeyError, TypeError, AttributeError):
        return False
    return bool(found) and all(stage.cmd for stage in found.values())


def _failure(args: Sequence[str], code: int, told: str) -> errors.DsvError:
    tail = "\n".join(line for line in told.strip().splitlines() if line.strip())[-1500:]
    if code == 253:
        return errors.NotAProject(f"DVC finds no project: {tail}", hint="dsv init")
    if "Unable to acquire lock" in told or "is busy" in told:
        return errors.Locked(f"DVC is at work in this project: {tail}", hint="wait, then run the command again")
    if args[0] == "repro":
        return errors.StageFailed(f"dvc repro failed ({code}): {tail}", hint="dsv run")
    return errors.DsvError(f"dvc {args[0]} failed ({code}): {tail}")
