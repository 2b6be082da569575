"""Several commands at once on one project: they take turns, or say that another is at work; nothing is lost or mixed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dsv.dvcio import turn as turns
from tests.conftest import Project
from tests.faults.conftest import Tell

SLOW = """\
import pathlib
import time


def slow(frame):
    pathlib.Path("started").touch()
    until = time.monotonic() + 60
    while not pathlib.Path("go").exists() and time.monotonic() < until:
        time.sleep(0.02)
    return frame
"""


def _start(project: Project, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dsv", *args],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _end(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=120)
    return process.returncode, err


@contextmanager
def _running(project: Project) -> Iterator[None]:
    """A `dsv run` that stands in the middle of a stage until the block ends, and then succeeds."""
    (project.root / "mine.py").write_text(SLOW, encoding="utf-8")
    project.dsv("stage", "add", "mine", "--python", "mine:slow")
    running = _start(project, "run", "-q")
    while not (project.root / "started").exists():
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    try:
        yield
    finally:
        (project.root / "go").touch()
        ended = _end(running)
    assert ended == (0, "")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.1)


def test_of_two_adds_at_once_both_deliveries_are_there(shop: Project) -> None:
    files = [shop.write(f"{n}.csv", f"id,x\n{n}0,a\n") for n in range(3)]
    adding = [_start(shop, "add", str(path), "--source", "shop") for path in files[:2]]
    adding.append(_start(shop, "add", str(files[2]), "--source", "other", "--license", "MIT", "--types", "string"))
    assert [_end(process) for process in adding] == [(0, ""), (0, ""), (0, "New source other in params.yaml\n")]
    text = (shop.root / "params.yaml").read_text(encoding="utf-8")
    assert "batches: [b1, '0002', '0003']" in text.replace('"', "'")
    assert "  other:" in text


@pytest.mark.long
def test_a_run_waits_for_the_run_before_and_finds_all_built(shop: Project) -> None:
    with _running(shop):
        second = _start(shop, "run", "--format", "json")
        time.sleep(0.5)
        assert second.poll() is None
    out, err = second.communicate(timeout=120)
    assert (second.returncode, err, out.count('"ran": true')) == (0, "", 0)


def test_an_add_during_a_run_waits_and_is_in_no_half_of_that_run(shop: Project) -> None:
    path = shop.write("n.csv", "id,x\n9,z\n")
    with _running(shop):
        add = _start(shop, "add", str(path), "--source", "shop")
        time.sleep(0.5)
        assert add.poll() is None
    assert _end(add) == (0, "")
    assert shop.dsv("show", ".", "--format", "json").json()["dsv.show/v1"]["records"] == 3
    assert "stale: ingest" in shop.dsv("status").out


@pytest.mark.parametrize(
    "args", [["commit", "-m", "two"], pytest.param(["checkout", "v1.0.0"], marks=pytest.mark.long)], ids=" ".join
)
def test_what_would_take_a_half_built_version_says_that_a_run_is_at_work(
    shop: Project, tell: Tell, args: list[str]
) -> None:
    with _running(shop):
        assert tell(shop, *args) == (
            16, "", "error: Another dsv is at work in this project.\nhint: wait, then run the command again\n"
        )  # fmt: skip
    assert shop.git("log", "--oneline").count("\n") == 1


@pytest.mark.long
def test_what_only_reads_goes_on_during_a_run(shop: Project, tell: Tell) -> None:
    with _running(shop):
        for args in (["status"], ["log"], ["show"], ["diff", "--stat", "HEAD", "HEAD"], ["why", "shop/1", "HEAD"]):
            assert tell(shop, *args).code == 0, args


@pytest.mark.long
def test_a_hook_of_git_may_call_dsv(shop: Project, tell: Tell) -> None:
    hook = shop.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nunset GIT_DIR GIT_INDEX_FILE\nexec {sys.executable} -m dsv run -q\n", encoding="utf-8")
    hook.chmod(0o755)
    path = shop.root / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    assert tell(shop, "commit", "-m", "two").code == 0
