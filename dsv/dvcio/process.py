"""Runs DVC's own command line: environment, locks, signals, and a dvc.lock that survives a kill."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from dsv import errors
from dsv.dvcio import lock, rwlock
from dsv.dvcio.orphan import die_with_parent
from dsv.dvcio.turn import turn

BACKUP = "dvc.lock.backup"


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which DVC works: quiet, offline, with this Python's commands first."""
    found = dict(os.environ)
    bin_dir = str(Path(sys.executable).parent)
    found["PATH"] = os.pathsep.join([bin_dir, found.get("PATH", "")])
    found |= {"DVC_NO_ANALYTICS": "1", "DVC_STUDIO_OFFLINE": "1"}
    return found | nobody() | dict(extra or {})


def nobody() -> dict[str, str]:
    """What DVC asks of the user's surroundings and fails without, where a container has it not."""
    known = {"USER": "dsv", "LOGNAME": "dsv", **({"HOME": "/"} if os.path.expanduser("~") == "~" else {})}
    return {name: value for name, value in known.items() if name not in os.environ}


def run(root: Path, args: Sequence[str], env: Mapping[str, str] | None = None, held: int | None = None) -> str:
    """What DVC printed; its failure as an error of ours. dvc.lock is whole afterwards, whatever happened.

    `held` is the turn, where the caller has it.
    """
    if held is not None:
        return _run(root, args, env, held)
    with turn(root, wait=True) as taken:
        return _run(root, args, env, taken)


def _run(root: Path, args: Sequence[str], env: Mapping[str, str] | None, held: int) -> str:
    heal(root)
    rwlock.heal(root)
    _backup(root)
    command = [sys.executable, "-m", "dvc", args[0], *args[1:]]
    if args[0] in ("repro", "add", "commit", "checkout", "gc"):
        command = [sys.executable, "-m", "dvc", "--wait-for-lock", *args]
    process = subprocess.Popen(
        command, cwd=root, env=environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=die_with_parent, pass_fds=(held,),
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
    """Keeps a copy of dvc.lock, empty where there is none: DVC writes it in place, and a kill in that moment leaves half of it."""
    source, target = root / "dvc.lock", root / ".dsv" / "tmp" / BACKUP
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".tmp")
    temporary.write_bytes(source.read_bytes() if source.exists() else b"")
    temporary.replace(target)


def heal(root: Path) -> bool:
    """Puts the copy of dvc.lock back if the file is damaged; whether it was. One that holds nothing is taken away."""
    path, kept = root / "dvc.lock", root / ".dsv" / "tmp" / BACKUP
    if not kept.exists() and path.is_file() and not path.read_bytes().strip():
        path.unlink()
    if not kept.exists() or (path.exists() and _whole(path)):
        return False
    if not kept.read_bytes():
        path.unlink(missing_ok=True)
        return True
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


def _told(text: str) -> str:
    """What DVC said was wrong: its lines of ERROR, the last lines where it has none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    faults = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return "; ".join(faults) or "\n".join(lines)[-1500:]


def _failure(args: Sequence[str], code: int, told: str) -> errors.DsvError:
    tail = _told(told)
    if code == 253:
        return errors.NotAProject(f"DVC finds no project: {tail}", hint="dsv init")
    if "Unable to acquire lock" in told or "is busy" in told:
        return errors.Locked(f"DVC is at work in this project: {tail}", hint="wait, then run the command again")
    if "is not a git repository" in told:
        return errors.NotAProject("There is no git repository.", hint="dsv init")
    if code == 251:
        return errors.DsvError(f"DVC does not take its configuration: {tail}", hint="mend .dvc/config")
    if "validation failed" in told or "is invalid" in told:
        return errors.DsvError(f"DVC does not take a file of the project: {tail}", hint="mend that file, then dsv run")
    if args[0] == "repro":
        return errors.StageFailed(f"dvc repro failed ({code}): {tail}", hint=errors.advice(told) or "dsv run")
    return errors.DsvError(f"dvc {args[0]} failed ({code}): {tail}")
