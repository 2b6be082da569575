"""Dask: the same functions on the workers of a cluster that share the project's storage (extra `cluster`).

`dask` starts workers on this machine; `dask://HOST:PORT` connects to a running scheduler.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple

import dask
from distributed import Client, Future

from dsv.engines.base import Item, Result, in_order, silent


class Dask:
    """A client of a Dask cluster; at most twice as many items in flight as there are workers."""

    name = "dask"

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        if address:
            self._client = Client(address)
        else:
            # No dashboard, and for what listens still a free port: two runs at once must not meet.
            quiet = {"dashboard_address": None, "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"}}
            self._client = Client(n_workers=workers or 2, threads_per_worker=1, processes=True, **quiet)
        self.workers = sum(self._client.nthreads().values())

    def map(
        self, fn: Callable[[Item], Result], items: Sequence[Item], done: Callable[[], None] = silent
    ) -> list[Result]:
        # Dask warns of items that are large; what is sent here is what a global step needs.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            # pure=False: two equal calls may find other files; nothing may be remembered between runs.
            return in_order(
                lambda item: _Told(self._client.submit(_quiet, fn, item, pure=False)), items, 2 * self.workers, done
            )

    def close(self) -> None:
        # On a busy machine workers are slow to end and are killed; that is no news.
        logging.getLogger("distributed.nanny").setLevel(logging.ERROR)
        self._client.close()
        if self._client.cluster is not None:
            self._client.cluster.close()


class _Raised(NamedTuple):
    """What the function raised on a worker. Were it raised there, the worker would log it with all that it was given."""

    error: Exception


class _Told(Generic[Result]):
    """A result that a worker makes."""

    def __init__(self, future: Future) -> None:
        self._future = future

    def result(self) -> Result:
        found: Result | _Raised = self._future.result()
        if isinstance(found, _Raised):
            raise found.error
        return found

    def cancel(self) -> None:
        self._future.cancel()


def _quiet(fn: Callable[[Item], Result], item: Item) -> Result | _Raised:
    """What a function of the user prints on a worker is no result of `dsv run`."""
    with contextlib.redirect_stdout(sys.stderr):
        try:
            return fn(item)
        except Exception as error:
            # A traceback does not travel; a note does.
            error.add_note("".join(traceback.format_exception(error)))
            return _Raised(error)
