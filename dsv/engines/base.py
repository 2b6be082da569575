"""What an engine is, and the progress it reports to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Made = TypeVar("Made", covariant=True)


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


class Handle(Protocol[Made]):
    """A result that is being made."""

    def result(self) -> Made:
        """The result, once it is there; what the function raised, if it did."""

    def cancel(self) -> object:
        """Makes it no more, if it was not begun."""


def in_order(
    submit: Callable[[Item], Handle[Result]], items: Sequence[Item], most: int, done: Callable[[], None]
) -> list[Result]:
    """The results in the order of the items, with at most so many items in flight; the first error stops the rest."""
    waiting: deque[Handle[Result]] = deque()
    results: list[Result] = []

    def take() -> None:
        results.append(waiting.popleft().result())
        done()

    try:
        for item in items:
            waiting.append(submit(item))
            if len(waiting) >= most:
                take()
        while waiting:
            take()
    finally:
        for handle in waiting:
            handle.cancel()
    return results
