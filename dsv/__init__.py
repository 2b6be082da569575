"""Versions of data sets, beside the code, on DVC: what changed, record by record, and why.

One function a command, returning values: `dsv.load("v1.0.0", split="train")`, `dsv.diff("v1.0.0", "v1.1.0")`, `dsv.why("shop/17")`.
Each takes `path`, a folder in the project.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_OPS = {
    "add": "add:deliver", "add_run": "runs", "bisect": "bisect", "changelog": "changelog", "checkout": "checkout", "commit": "commit", "conflicts": "conflicts", "diff": "diff",
    "diff_runs": "runs_diff", "export": "export", "gc": "gc", "install": "install", "load": "load", "log": "log", "plan": "plan", "pull": "transfer",
    "push": "transfer", "report": "report", "reproduce": "reproduce", "resolve": "resolve", "run": "run", "runs": "runs", "show": "show", "stage": "stage", "status": "status", "verify": "verify",
    "why": "why", "why_history": "why_history",
}  # fmt: skip
__all__ = ["init", *sorted(_OPS)]


def __getattr__(name: str) -> Callable[..., Any]:
    """The library function of a command, loaded when it is first used."""
    if name == "load":
        return _load
    if name == "init":
        found: Callable[..., Any] = importlib.import_module("dsv.ops.init").init
        return found
    if name in _OPS:
        module, _, function = _OPS[name].partition(":")
        return _at(getattr(importlib.import_module(f"dsv.ops.{module}"), function or name))
    raise AttributeError(f"module 'dsv' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def _load(rev: str = ".", split: str | None = None, columns: Sequence[str] | None = None, path: str | Path = ".") -> Any:
    """The records of a version as a `Dataset`; only the objects that are needed are opened."""
    return _at(importlib.import_module("dsv.ops.load").load)(rev, split, columns, path=path)


_load.__name__ = _load.__qualname__ = "load"


def _at(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with the project found from `path` as its first argument."""
    return importlib.import_module("dsv.ops.library").at(function)  # type: ignore[no-any-return]
