from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from threading import Event

import pytest

from dsv.store import hashed

SIZES = (0, 1, hashed.BLOCK - 1, hashed.BLOCK, hashed.BLOCK + 1, 2 * hashed.BLOCK + 7)


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_has_the_bytes_and_is_told_with_their_md5_and_size(tmp_path: Path, size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    (tmp_path / "a").write_bytes(data[:size])
    room = hashed.buffer()
    told = hashed.copy(str(tmp_path / "a"), str(tmp_path / "b"), room)
    assert (tmp_path / "b").read_bytes() == data[:size]
    assert told == hashed.of(str(tmp_path / "a"), room) == (hashlib.md5(data[:size]).hexdigest(), size)


def test_a_copy_replaces_nothing(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name, encoding="utf-8")
    with pytest.raises(FileExistsError):
        hashed.copy(str(tmp_path / "a"), str(tmp_path / "b"), hashed.buffer())
    assert (tmp_path / "b").read_text(encoding="utf-8") == "b"


def test_a_link_that_was_put_in_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(__file__)
    with pytest.raises(OSError, match="symbolic links"):
        hashed.of(str(tmp_path / "a"), hashed.buffer())


def test_what_is_worked_out_by_threads_comes_in_order() -> None:
    assert list(hashed.each(lambda group: [n * n for n in group], range(1000))) == [n * n for n in range(1000)]


def test_the_first_failure_ends_the_work_on_the_rest() -> None:
    begun, failed = [], Event()

    def work(group: Iterable[int]) -> list[int]:
        for n in group:
            if n == 0:
                failed.set()
                raise OSError("no")
            failed.wait()
            begun.append(n)
        return []

    with pytest.raises(OSError, match="no"):
        list(hashed.each(work, range(1_000_000)))
    assert len(begun) < 100_000
