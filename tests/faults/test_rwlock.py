"""DVC's table of locks after a kill: what the dead left in it blocks nobody, what the living hold is kept."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsv.dvcio import rwlock
from tests.conftest import Project


@pytest.fixture
def dead() -> Iterator[int]:
    """The number of a process that has ended and that nobody collects."""
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        yield process.pid


def _table(root: Path, pid: int) -> Path:
    path = root / ".dvc" / "tmp" / "rwlock"
    path.parent.mkdir(parents=True, exist_ok=True)
    who = {"pid": pid, "cmd": "dvc repro"}
    path.write_text(json.dumps({"read": {"/a": [who]}, "write": {str(root / "data" / "records"): who}}), encoding="utf-8")
    return path


def test_what_a_dead_process_left_is_taken_out(tmp_path: Path, dead: int) -> None:
    path = _table(tmp_path, dead)
    rwlock.heal(tmp_path)
    assert json.loads(path.read_bytes()) == {"read": {}, "write": {}}


def test_what_a_process_left_whose_number_another_one_got_is_taken_out(tmp_path: Path) -> None:
    path = _table(tmp_path, os.getpid())
    os.utime(path, (0, 0))
    rwlock.heal(tmp_path)
    assert json.loads(path.read_bytes()) == {"read": {}, "write": {}}


@pytest.mark.parametrize("whole", [None, [], {}, {"read": {}}, {"read": {"/a": "x"}}, {"write": {"/a": {}}}])
def test_a_table_that_holds_nothing_of_the_dead_stays_as_it_is(tmp_path: Path, whole: object) -> None:
    path = _table(tmp_path, os.getpid())
    if whole is not None:
        path.write_text(json.dumps(whole), encoding="utf-8")
    before = path.read_bytes()
    rwlock.heal(tmp_path)
    assert path.read_bytes() == before


def test_a_run_is_not_blocked_by_a_dead_one(project: Project, dead: int) -> None:
    project.dsv("add", str(project.write("a.csv", "id\n1\n")), "--source", "shop", "--key", "id", "--license", "MIT")
    _table(project.root, dead)
    project.dsv("run")
