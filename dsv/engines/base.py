"""What an engine is, and the progress it reports to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Maps a picklable function over items, anywhere, in any order; results come in the order of the items.

    The first error stops the run. Memory is bounded by `workers` items at a time.
    """

    name: str
    workers: int

    def map(self, fn: Callable[[Item], Result], items: Sequence[Item], done: Callable[[], None] = ...) -> list[Result]:
        """The results of `fn`, in the order of `items`; `done` is called once an item."""

    def close(self) -> None:
        """Gives back threads, processes, connections."""


def silent() -> None:
    """The progress that nobody looks at."""


def collect(results: Iterable[Result], done: Callable[[], None]) -> list[Result]:
    """All results, calling `done` after each."""
    found = []
    for result in results:
        found.append(result)
        done()
    return found
