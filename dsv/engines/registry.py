"""All engines, by name. One line each; the module is imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dsv import errors
from dsv.engines.base import Engine

ENGINES = {
    "local": "dsv.engines.local:Local",
    "dask": "dsv.engines.dask:Dask",
}


def check(name: str) -> None:
    """Refuses (UsageError) what is no engine, before one is needed."""
    if name.partition("://")[0] not in ENGINES:
        raise errors.UsageError(f"No engine is called {name!r}; there are {', '.join(ENGINES)}.")


def start(name: str = "local", workers: int | None = None) -> Engine:
    """The engine of this name; `dask://host:port` names a running cluster."""
    check(name)
    kind, _, address = name.partition("://")
    module, _, cls = ENGINES[kind].partition(":")
    try:
        make = getattr(importlib.import_module(module), cls)
    except ModuleNotFoundError as error:
        raise errors.UsageError(
            f"The engine {kind!r} needs a package that is missing: {error.name}.", hint="pip install 'dsv[cluster]'"
        ) from error
    engine: Engine = make(workers, f"{address}") if address else make(workers)
    return engine


@contextmanager
def shared(name: str = "local", workers: int | None = None) -> Iterator[Callable[[], Engine]]:
    """What gives the engine of this name: started when it is first asked for, closed with the block."""
    running: list[Engine] = []

    def engine() -> Engine:
        if not running:
            running.append(start(name, workers))
        return running[0]

    try:
        yield engine
    finally:
        for one in running:
            one.close()
