"""All stages, by name. One line each; a module is imported when it is asked for.

Installed packages add theirs through the entry point group `dsv.stages`; a user's own function runs in the stage `python`.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from dsv import errors
from dsv.stages.base import Stage

GROUP = "dsv.stages"
STAGES = {
    "clean": "dsv.stages.clean",
    "merge": "dsv.stages.merge",
    "split": "dsv.stages.split",
    "audit": "dsv.stages.audit",
    "python": "dsv.stages.python",
}


def names() -> list[str]:
    """The names of all stages, built in and installed."""
    return [*STAGES, *sorted(e.name for e in entry_points(group=GROUP) if e.name not in STAGES)]


@cache
def stage(name: str) -> Stage:
    """The stage of this name."""
    if name in STAGES:
        return cast(Stage, importlib.import_module(STAGES[name]))
    for entry in entry_points(group=GROUP):
        if entry.name == name:
            return _load(entry)
    raise errors.DsvError(f"No stage is called {name!r}; there are {', '.join(names())}.", hint="dsv stage list")


def _load(entry: EntryPoint) -> Stage:
    try:
        return cast(Stage, entry.load())
    except Exception as error:
        package = f" of {entry.dist.name} {entry.dist.version}" if entry.dist is not None else ""
        raise errors.DsvError(
            f"The stage {entry.name!r}{package} cannot be loaded: {type(error).__name__}: {error}",
            hint="upgrade or uninstall the package",
        ) from error


def code(name: str, params: Any) -> str:
    """What identifies the code of a stage that dsv does not ship; empty for its own, whose REVISION does."""
    parts = []
    for entry in entry_points(group=GROUP) if name not in STAGES else ():
        if entry.name == name and entry.dist is not None:
            parts.append(f"{entry.dist.name} {entry.dist.version}")
            break
    own = getattr(stage(name), "code", None)
    if callable(own):
        parts.append(str(own(params)))
    return " ".join(parts)
