"""All stages, by name. One line each; a module is imported when it is asked for.

Installed packages add theirs through the entry point group `dsv.stages`; a user's own function runs in the stage `python`.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import entry_points
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
            return cast(Stage, entry.load())
    raise errors.DsvError(f"No stage is called {name!r}; there are {', '.join(names())}.", hint="dsv stage list")


def code(name: str, params: Any) -> str:
    """What identifies the code of a stage that dsv does not ship; empty for its own, whose REVISION does."""
    own = getattr(stage(name), "code", None)
    if own is not None:
        return str(own(params))
    # Looking through the entry points of all that is installed takes 20 ms.
    for entry in () if name in STAGES else entry_points(group=GROUP):
        if entry.name == name and entry.dist is not None:
            return f"{entry.dist.name} {entry.dist.version}"
    return ""
