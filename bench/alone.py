"""Seconds that a comparison takes by itself, in a process that has loaded all it needs: `python -m bench.alone dsv A B`, in a
project, or `python -m bench.alone join FOLDER FOLDER`."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dsv.stages
from bench import join
from dsv.ops.diff import diff
from dsv.project.layout import find


def _difference(a: str, b: str) -> Callable[[], object]:
    for module in pkgutil.walk_packages(dsv.stages.__path__, "dsv.stages."):
        importlib.import_module(module.name)
    layout = find(Path())
    # Of a version with itself: what is loaded on the way is there then.
    diff(layout, b, b)
    return lambda: diff(layout, a, b).json()


def main(what: str, a: str, b: str) -> None:
    work = _difference(a, b) if what == "dsv" else lambda: join.main(Path(a), Path(b))
    gc.freeze()
    started = time.perf_counter()
    work()
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
