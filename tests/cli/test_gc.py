from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import dsv
from dsv.cli import cli, sizes
from dsv.cli.boundary import run
from tests.conftest import Project, Shelf

DAY = 86_400
ROWS = "".join(f"{i},{i % 7}\n" for i in range(50))


def _built(made: Project) -> None:
    made.dsv("init", "--name", "reviews")
    path = made.write("a.csv", f"id,x\n{ROWS}")
    made.dsv("add", str(path), "--source", "shop", "--key", "id", "--license", "MIT")
    made.dsv("run")


@pytest.fixture
def built(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose derived data were used last 40 days ago."""
    made = shelf.take("built for gc", _built)
    monkeypatch.chdir(made.root)
    for path in _files(made):
        os.utime(path, (time.time() - 40 * DAY,) * 2)
    return made


def _files(project: Project, folder: str = ".dsv/cache") -> list[Path]:
    """The files of a cache; notes that lie beside its folders are no part of what is trimmed."""
    return sorted(path for path in (project.root / folder).glob("*/**/*") if path.is_file())


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command here; its exit status and what it says."""

    def tell(*args: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(cli, list(args))
        said = capsys.readouterr()
        return code, said.out + said.err

    return tell


def _bytes(files: list[Path]) -> str:
    return sizes.text(sum(path.stat().st_size for path in files))


def test_what_was_not_used_is_removed_and_no_object_of_a_version(
    built: Project, told: Callable[..., tuple[int, str]]
) -> None:
    files, objects = _files(built), _files(built, ".dvc/cache")
    n, size = len(files), _bytes(files)
    assert told("gc") == (0, f"Removed 0 of {n} files, 0 bytes of {size}\n")
    assert told("gc", "--keep-days", "30", "--dry-run") == (0, f"Would remove {n} of {n} files, {size} of {size}\n")
    assert _files(built) == files
    assert told("gc", "--keep-days", "30") == (0, f"Removed {n} of {n} files, {size} of {size}\n")
    assert _files(built) == []
    assert _files(built, ".dvc/cache") == objects


def test_a_project_without_its_cache_builds_the_same_again(built: Project) -> None:
    root, params = dsv.show(".")["root"], (built.root / "params.yaml").read_text(encoding="utf-8")
    dsv.gc(max_size=0)
    built.params(split={"method": "hash", "fractions": {"a": 0.5, "b": 0.5}})
    dsv.run()
    (built.root / "params.yaml").write_text(params, encoding="utf-8")
    dsv.gc(max_size=0)
    dsv.run()
    assert dsv.show(".")["root"] == root


def test_json_tells_numbers(built: Project, told: Callable[..., tuple[int, str]]) -> None:
    files = _files(built)
    size = sum(path.stat().st_size for path in files)
    found = json.loads(told("gc", "--max-size", "0", "--dry-run", "--format", "json")[1])
    n = len(files)
    assert found == {"dsv.gc/v1": {"files": n, "bytes": size, "removed_files": n, "removed_bytes": size, "dry_run": True}}  # fmt: skip


def test_a_run_beyond_the_limit_keeps_what_it_used(
    built: Project, told: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _files(built)
    monkeypatch.setenv("DSV_CACHE_LIMIT", "0")
    built.params(split={"method": "hash", "fractions": {"a": 0.5, "b": 0.5}})
    assert told("run")[0] == 0
    left = _files(built)
    assert set(before) - set(left)
    assert set(left) - set(before)
    assert told("gc", "--max-size", "5GB", "--dry-run")[1].startswith("Would remove 0 ")
    assert min(path.stat().st_atime for path in left) > time.time() - DAY


def test_a_run_that_has_nothing_to_do_looks_at_no_cache(built: Project, told: Callable[..., tuple[int, str]]) -> None:
    before = _files(built)
    assert told("run", "--cache-limit", "0")[0] == 0
    assert set(before) <= set(_files(built))


SIZES = {"0": 0, "12": 12, "5GB": 5 * 10**9, "1.5 GiB": 3 * 2**29, "2k": 2000, "3mb": 3 * 10**6, "1 TB": 10**12}


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert sizes.Size()(text) == size


@pytest.mark.parametrize("text", ["-1", "GB", "5 apples", "1e9", ""])
def test_what_is_no_size_is_refused(built: Project, told: Callable[..., tuple[int, str]], text: str) -> None:
    code, said = told("gc", "--max-size", text)
    assert code == 2
    assert f"{text!r} is no size such as 500MB, 2GB or 1.5GiB." in said


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (993_400_000, "993.4 MB"), (5 * 10**9, "5 GB"), (2 * 10**13, "20,000 GB")],
)  # fmt: skip
def test_a_size_is_told_in_the_unit_that_suits_it(size: int, text: str) -> None:
    assert sizes.text(size) == text
