"""The md5 of files, taken while they are read for something else where that can be.

Paths are strings and buffers are used again: a delivery may be a million small files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import NamedTuple, TypeVar

BLOCK = 1 << 20
GROUP, THREADS = 64, 4
# What a path was when it was looked at, it is to be still: a link put in its place is not followed.
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

Item = TypeVar("Item")
Found = TypeVar("Found")


class Hashed(NamedTuple):
    """What a file holds."""

    md5: str
    size: int


def each(function: Callable[[Iterable[Item]], list[Found]], items: Sequence[Item]) -> Iterator[Found]:
    """What a function of a group of items gives, in their order, worked out by some threads; the first failure ends all."""
    size = max(1, min(GROUP, len(items) // THREADS))
    stopped = Event()

    def group(start: int) -> list[Found]:
        try:
            return function(item for item in items[start : start + size] if not stopped.is_set())
        except BaseException:
            stopped.set()
            raise

    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for future in [pool.submit(group, start) for start in range(0, len(items), size)]:
                yield from future.result()
        finally:
            stopped.set()


def buffer() -> memoryview:
    """Room for the blocks of files that one thread reads."""
    return memoryview(bytearray(BLOCK))


def of(path: str, room: memoryview) -> Hashed:
    """The md5 and size of a file."""
    handle = os.open(path, READ)
    try:
        return _read(handle, room, None)
    finally:
        os.close(handle)


def copy(source: str, target: str, room: memoryview) -> Hashed:
    """Copies a file to where none is; its md5 and size."""
    handle = os.open(source, READ)
    try:
        copied = os.open(target, WRITE, 0o666)
        try:
            return _read(handle, room, copied)
        finally:
            os.close(copied)
    finally:
        os.close(handle)


def _read(handle: int, room: memoryview, copied: int | None) -> Hashed:
    hasher, size = hashlib.md5(usedforsecurity=False), 0
    while n := os.readv(handle, [room]):
        part = room[:n]
        hasher.update(part)
        size += n
        while copied is not None and part:
            part = part[os.write(copied, part) :]
    return Hashed(hasher.hexdigest(), size)
