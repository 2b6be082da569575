"""kill -9 and Ctrl-C at any moment: the next command heals, nothing is lost, the root is that of an undisturbed project."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Project, Ran

COMMANDS = ("add", "run", "commit", "push", "checkout")
DONE = {
    "add": "error: shop/{batch} has been delivered already; deliveries are never changed.\nhint: choose another --batch\n",
    "commit": "error: reviews@v{n}.0.0 exists; a version is never moved.\nhint: dsv commit --tag auto\n",
}


def _project(folder: Path) -> Project:
    made = Project(folder / "project")
    made.root.mkdir(parents=True)
    made.dsv("init", "--name", "reviews")
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "r", str(folder / "remote")], cwd=made.root, check=True)
    return made


def _arguments(project: Project, command: str, n: int) -> list[str]:
    if command == "add":
        folder = project.root.parent / "incoming" / f"b{n}"
        folder.mkdir(parents=True, exist_ok=True)
        for part in range(20):
            rows = "".join(f"{i},{random.Random(i * n).random()}\n" for i in range(part * 50, part * 50 + 40 + n))
            (folder / f"{part}.csv").write_text(f"id,x\n{rows}", encoding="utf-8")
        return ["add", str(folder), "--source", "shop", "--batch", f"b{n}", "--key", "id", "--license", "MIT"]
    return {
        "run": ["run"],
        "commit": ["commit", "-m", f"version {n}", "--tag", f"v{n}.0.0"],
        "push": ["push"],
        "checkout": ["checkout", f"v{n}.0.0"],
    }[command]


def _heeds() -> None:
    """What a shell in the background starts ignores Ctrl-C, and so does all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(project: Project, args: list[str], after: float, number: signal.Signals) -> Ran:
    """Starts a command and sends a signal: kill -9 to the process alone, Ctrl-C to its group, as a terminal does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dsv", *args], cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True, preexec_fn=_heeds,
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        if number == signal.SIGKILL:
            process.kill()
        else:
            os.killpg(process.pid, number)
        out, err = process.communicate(timeout=60)
    return Ran(process.returncode, out, err)


def _heal(project: Project, command: str, args: list[str], n: int) -> None:
    """The same command again: it succeeds, or says that it was done before the signal came."""
    done = subprocess.run([sys.executable, "-m", "dsv", *args], cwd=project.root, capture_output=True, text=True, check=False)  # fmt: skip
    told = DONE.get(command, "").format(batch=f"b{n}", n=n)
    assert done.returncode == 0 or (told and (done.returncode, done.stderr) == (10, told)), (args, done)


def _root(project: Project) -> str:
    return str(project.dsv("show", "--format", "json").json()["dsv.show/v1"]["root"])


def _disturb(tmp_path: Path, kills: int, versions: int) -> None:
    calm, seconds = _project(tmp_path / "calm"), {}
    for n in range(1, versions + 1):
        for command in COMMANDS:
            started = time.monotonic()
            calm.dsv(*_arguments(calm, command, n))
            seconds[command, n] = time.monotonic() - started
    project = _project(tmp_path / "disturbed")
    per = kills // (versions * len(COMMANDS))
    chance = random.Random(1)
    hit = 0
    for n in range(1, versions + 1):
        for command in COMMANDS:
            args = _arguments(project, command, n)
            extra = kills - per * versions * len(COMMANDS) if (command, n) == ("run", 1) else 0
            for _ in range(per + extra):
                number = chance.choice((signal.SIGKILL, signal.SIGINT))
                stopped = _stop(project, args, seconds[command, n] * chance.uniform(0.2, 1.0), number)
                told = DONE.get(command, "").format(batch=f"b{n}", n=n)
                if stopped.code == -signal.SIGKILL:
                    hit += 1
                elif stopped.code == 130:
                    hit += 1
                    # The first: below the ^C of a terminal.
                    assert stopped.err in ("\nInterrupted.\n", "Interrupted.\n"), (args, stopped)
                elif stopped.code == -signal.SIGINT or stopped.err.startswith("Fatal Python error: init_"):
                    # Python's own death by Ctrl-C, before the first line of ours or after the last.
                    assert f"dsv{os.sep}cli" not in stopped.err, (args, stopped)
                else:
                    assert stopped.code == 0 or (stopped.code, stopped.err) == (10, told), (args, stopped)
            _heal(project, command, args, n)
    assert hit >= kills // 4, "too few signals met a living process for the test to mean anything"
    assert _root(project) == _root(calm)
    assert project.dsv("verify").err == ""
    subprocess.run(["git", "clone", "-q", str(project.root), str(tmp_path / "clone")], check=True)
    clone = Project(tmp_path / "clone")
    clone.dsv("pull", *(f"v{n}.0.0" for n in range(1, versions + 1)))
    assert _root(clone) == _root(calm)
    clone.dsv("verify", "v1.0.0")


def test_a_dozen_kills(tmp_path: Path) -> None:
    _disturb(tmp_path, kills=12, versions=1)


@pytest.mark.long
def test_two_hundred_kills(tmp_path: Path) -> None:
    _disturb(tmp_path, kills=200, versions=4)
