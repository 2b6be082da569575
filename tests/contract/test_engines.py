"""What every registered engine must keep: the same data set, results in order, errors that come through."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import dsv
from dsv import errors
from dsv.engines import registry
from dsv.engines.base import Engine
from dsv.stages import registry as stages
from tests.conftest import Project, Shelf
from tests.contract import whole

CODES = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.DsvError)]


@pytest.fixture(scope="module", params=registry.ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with registry.shared(request.param, 2) as start:
        yield start()


def _late(n: int) -> int:
    time.sleep((7 - n) * 0.01)
    return n * n


def _fail(error: Exception) -> None:
    raise error


def _mark(path: Path) -> None:
    if path.name == "0":
        raise errors.StageFailed("the first")
    time.sleep(0.02)
    path.touch()


def _process(n: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def test_results_come_in_the_order_of_the_items(engine: Engine) -> None:
    assert engine.map(_late, range(8)) == [n * n for n in range(8)]


def test_nothing_is_mapped_to_nothing(engine: Engine) -> None:
    assert engine.map(_late, []) == []


def test_progress_is_told_once_an_item(engine: Engine) -> None:
    told: list[None] = []
    engine.map(_late, range(5), lambda: told.append(None))
    assert len(told) == 5


def test_an_engine_says_what_it_is(engine: Engine) -> None:
    assert (engine.name in registry.ENGINES, engine.workers) == (True, 2)


@pytest.mark.parametrize("kind", CODES, ids=lambda kind: kind.__name__)
def test_an_error_comes_through_with_code_message_and_hint(engine: Engine, kind: type[errors.DsvError]) -> None:
    with pytest.raises(kind) as told:
        engine.map(_fail, [kind("what is wrong", hint="what to do")])
    assert (told.value.code, told.value.message, told.value.hint) == (kind.code, "what is wrong", "what to do")


def test_a_fault_of_ours_comes_through_as_it_is(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError, match="by nothing"):
        engine.map(_fail, [ZeroDivisionError("by nothing")])


def test_the_first_error_stops_the_run(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(errors.StageFailed, match="the first"):
        engine.map(_mark, [tmp_path / str(n) for n in range(200)])
    assert len(list(tmp_path.iterdir())) < 20


def test_an_engine_works_on_after_an_error(engine: Engine) -> None:
    with pytest.raises(errors.StageFailed):
        engine.map(_fail, [errors.StageFailed("no")])
    assert engine.map(_late, [3]) == [9]


def test_workers_are_threads_of_this_process_or_processes(engine: Engine) -> None:
    found = set(engine.map(_process, range(8)))
    here = {os.getpid()}
    assert found == here or (not found & here and len(found) == 2)
    assert found == here or engine.name != "local"


def test_an_engine_that_is_not_asked_for_is_not_started() -> None:
    with registry.shared("nonsense"):
        pass


def test_an_engine_of_no_name_is_told() -> None:
    with pytest.raises(errors.UsageError, match="No engine is called 'nonsense'; there are local, dask"):
        registry.start("nonsense")


# a whole project


@pytest.fixture
def unbuilt(shelf: Shelf, project: Project) -> Project:
    return shelf.take("whole", whole.build, lambda: project)


@pytest.fixture
def expected(shelf: Shelf, unbuilt: Project) -> dict[str, Any]:
    """What each stage reports when one thread builds the project."""
    shelf.take("whole-built", lambda made: dsv.run(workers=1, path=made.root), lambda: unbuilt)
    shelf.take("whole", whole.build)
    return whole.reports(shelf.folder / "whole-built")


def test_the_whole_project_has_every_built_in_stage() -> None:
    assert {section.get("use", name) for name, section in whole.SECTIONS.items()} == set(stages.STAGES)


def test_every_stage_of_the_whole_project_does_something(expected: dict[str, Any]) -> None:
    assert expected["clean"]["dropped"].keys() == {"missing", "duplicate"}
    assert expected["clean"]["changed"].keys() == {"text"}
    assert expected["merge"]["summary"]["undecided"].keys() == {"few", "none", "tie"}
    assert expected["ours"]["dropped"].keys() == {"cents"}
    assert all(len(expected[name]["values"]["split"]) == 3 for name in expected if name.startswith("split"))
    assert "boxes" in expected["audit"]["dataset"]["columns"]


@pytest.mark.long
def test_two_threads_give_the_same_data_set(expected: dict[str, Any], unbuilt: Project) -> None:
    dsv.run(workers=2, path=unbuilt.root)
    assert whole.reports(unbuilt.root) == expected


@pytest.mark.long
def test_rows_in_another_order_give_the_same_data_set(expected: dict[str, Any], shelf: Shelf) -> None:
    mixed = shelf.take("empty", whole.build)
    whole.build(mixed, seed=3)
    dsv.run(path=mixed.root)
    assert whole.reports(mixed.root) == expected


def test_dask_gives_the_same_data_set_and_leaves_nothing(expected: dict[str, Any], unbuilt: Project) -> None:
    command = [sys.executable, "-m", "dsv", "run", "--engine", "dask", "-j", "2"]
    process = subprocess.Popen(
        command, cwd=unbuilt.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert whole.reports(unbuilt.root) == expected
    assert [line.split()[0] for line in out.splitlines()] == ["stage", "ingest", *whole.SECTIONS]
    assert set(err.splitlines()) == {"a word of the user's"}
    assert _left(process.pid) == []


def _left(session: int) -> list[list[str]]:
    """The command lines of processes of a session; those that are ending get a moment."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError):
            found += [process] if os.getsid(process.pid) == session else []
    _, alive = psutil.wait_procs(found, timeout=5)
    return [process.cmdline() for process in alive]


@pytest.mark.long
def test_an_error_on_a_worker_is_told_as_it_is_here(unbuilt: Project) -> None:
    (unbuilt.root / "ours.py").write_text("def cents(records, most):\n    return 1 / 0\n", encoding="utf-8")
    assert unbuilt.dsv("run", "-E", "dask", "-j", "2", code=15).err == (
        "error: ours:cents failed at ours.py:2: ZeroDivisionError: division by zero\n"
        "hint: mend the function, then dsv run\n"
    )


class Serial:
    """An engine as CONTRIBUTING.md asks for."""

    name, workers = "serial", 1

    def __init__(self, workers: int | None = None) -> None:
        self.seen = 0

    def map(self, fn: Any, items: Any, done: Any = lambda: None) -> list[Any]:
        Serial.seen += len(items)
        return [(fn(item), done())[0] for item in items]

    def close(self) -> None:
        Serial.closed = True


@pytest.mark.long
def test_an_engine_of_one_class_and_one_line_runs_a_project(
    expected: dict[str, Any], unbuilt: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.ENGINES, "serial", f"{__name__}:Serial")
    monkeypatch.setattr(Serial, "seen", 0, raising=False)
    monkeypatch.setattr(Serial, "closed", False, raising=False)
    dsv.run(engine="serial", path=unbuilt.root)
    assert whole.reports(unbuilt.root) == expected
    assert (Serial.seen > 0, Serial.closed) == (True, True)
