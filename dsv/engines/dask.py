"""Dask: the same functions on the workers of a cluster that share the project's storage (extra `cluster`).

`dask` starts workers on this machine; `dask://HOST:PORT` connects to a running scheduler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from distributed import Client

from dsv.engines.base import Item, Result, collect, silent


class Dask:
    """A client of a Dask cluster."""

    name = "dask"

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        if address:
            self._client = Client(address)
        else:
            self._client = Client(n_workers=workers or 2, threads_per_worker=1, processes=True, dashboard_address=None)
        self.workers = sum(self._client.nthreads().values())

    def map(
        self, fn: Callable[[Item], Result], items: Sequence[Item], done: Callable[[], None] = silent
    ) -> list[Result]:
        # pure=False: two equal calls may find other files; nothing may be remembered between runs.
        futures = self._client.map(fn, items, pure=False)
        return collect((future.result() for future in futures), done)

    def close(self) -> None:
        self._client.close()
        if self._client.cluster is not None:
            self._client.cluster.close()
