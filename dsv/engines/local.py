"""The default engine: a pool of threads on this machine. Polars, Arrow and XXH3 work outside the interpreter lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from dsv.engines.base import Item, Result, in_order, silent


class Local:
    """Threads; at most twice as many items in flight as there are workers."""

    name = "local"

    def __init__(self, workers: int | None = None) -> None:
        # A thread waits now and then, for the interpreter or the disk: two more than there are cores keep these busy.
        self.workers = workers or len(os.sched_getaffinity(0)) + 2
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="dsv")

    def map(
        self, fn: Callable[[Item], Result], items: Sequence[Item], done: Callable[[], None] = silent
    ) -> list[Result]:
        return in_order(lambda item: self._pool.submit(fn, item), items, 2 * self.workers, done)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def in_threads(fn: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results of `fn`, in the order of the items, made by threads of this process whatever the engine is."""
    engine = Local()
    try:
        return engine.map(fn, items)
    finally:
        engine.close()
