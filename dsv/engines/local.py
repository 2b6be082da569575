"""The default engine: a pool of threads on this machine. Polars, Arrow and XXH3 work outside the interpreter lock."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from dsv.engines.base import Item, Result, silent


class Local:
    """Threads; at most twice as many items in flight as there are workers."""

    name = "local"

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="dsv")

    def map(
        self, fn: Callable[[Item], Result], items: Sequence[Item], done: Callable[[], None] = silent
    ) -> list[Result]:
        waiting: deque[Future[Result]] = deque()
        results: list[Result] = []

        def take() -> None:
            results.append(waiting.popleft().result())
            done()

        try:
            for item in items:
                waiting.append(self._pool.submit(fn, item))
                if len(waiting) >= 2 * self.workers:
                    take()
            while waiting:
                take()
        finally:
            for future in waiting:
                future.cancel()
        return results

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
