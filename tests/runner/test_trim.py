from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.runner.shards.narrow import Cache
from dsv.runner.shards.trim import DAY, Bounds, Trimmed, trim

NOW = 2_000_000_000.0


def _fill(folder: Path, ages: list[int], suffix: str = ".bin") -> list[Path]:
    """Files of 10 bytes, last used so many days ago, each in a folder of its own."""
    paths = [folder / f"{i:02x}" / f"{i}{suffix}" for i in range(len(ages))]
    for path, age in zip(paths, ages, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0" * 10)
        os.utime(path, (NOW - age * DAY, NOW - 1000 * DAY))
    return paths


def _left(paths: list[Path]) -> list[int]:
    return [number for number, path in enumerate(paths) if path.exists()]


AGES = [5, 40, 0, 31, 2]
BOUNDS = {
    "nothing is asked": (Bounds(), [0, 1, 2, 3, 4]),
    "all fits": (Bounds(most=50), [0, 1, 2, 3, 4]),
    "the longest unused go first": (Bounds(most=25), [2, 4]),
    "nothing may stay": (Bounds(most=0), []),
    "since a moment": (Bounds(since=NOW - 30 * DAY), [0, 2, 4]),
    "both": (Bounds(since=NOW - 35 * DAY, most=20), [2, 4]),
    "what was used since is spared": (Bounds(most=0, spared=NOW - 2 * DAY), [2, 4]),
}


@pytest.mark.parametrize(("bounds", "left"), BOUNDS.values(), ids=BOUNDS)
def test_what_stays(tmp_path: Path, bounds: Bounds, left: list[int]) -> None:
    paths = _fill(tmp_path, AGES)
    told = trim(tmp_path, bounds, NOW)
    assert _left(paths) == left
    assert told == Trimmed(5, 50, 5 - len(left), 50 - 10 * len(left))


def test_a_dry_run_tells_the_same_and_removes_nothing(tmp_path: Path) -> None:
    paths = _fill(tmp_path, AGES)
    told = trim(tmp_path, Bounds(most=25), NOW, dry=True)
    assert _left(paths) == [0, 1, 2, 3, 4]
    assert told == trim(tmp_path, Bounds(most=25), NOW)


def test_what_is_being_written_stays_and_what_a_dead_process_left_goes(tmp_path: Path) -> None:
    paths = _fill(tmp_path, [0, 2], ".tmp")
    trim(tmp_path, Bounds(most=0), NOW)
    assert _left(paths) == [0]


def test_folders_stay_for_who_is_about_to_write_there(tmp_path: Path) -> None:
    paths = _fill(tmp_path, AGES)
    trim(tmp_path, Bounds(most=0), NOW)
    assert all(path.parent.is_dir() for path in paths)


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert trim(tmp_path / "none", Bounds(most=0), NOW) == Trimmed(0, 0, 0, 0)


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 130))
@settings(deadline=None, max_examples=25, derandomize=True)
def test_a_size_is_kept_and_no_file_goes_that_was_used_later_than_one_that_stays(
    tmp_path_factory: pytest.TempPathFactory, ages: list[int], most: int
) -> None:
    paths = _fill(tmp_path_factory.mktemp("trim"), ages)
    trim(paths[0].parent.parent if paths else tmp_path_factory.mktemp("none"), Bounds(most=most), NOW)
    left = _left(paths)
    assert len(left) == min(len(ages), most // 10)
    gone = [age for number, age in enumerate(ages) if number not in left]
    assert max((ages[n] for n in left), default=0) <= min(gone, default=9)


KEY = "0123"
USES: dict[str, Callable[[Cache], object]] = {
    "has": lambda cache: cache.has(KEY),
    "frame": lambda cache: cache.frame(KEY),
    "numbers": lambda cache: cache.numbers(KEY, "n"),
    "data": lambda cache: cache.data(KEY),
    "mapped": lambda cache: cache.mapped(KEY),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_whatever_is_asked_of_a_file_counts_as_its_use(tmp_path: Path, use: Callable[[Cache], object]) -> None:
    cache = Cache(tmp_path)
    cache.put_frame(KEY, pl.DataFrame({"n": np.arange(3, dtype=np.uint64)}))
    cache.put_data(KEY, b"01234567")
    for path in tmp_path.rglob("*.*"):
        os.utime(path, (0, 0))
    use(cache)
    assert max(path.stat().st_atime for path in tmp_path.rglob("*.*")) > NOW - 40 * 365 * DAY
    assert {path.stat().st_mtime for path in tmp_path.rglob("*.*")} == {0}
