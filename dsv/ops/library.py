"""The functions of the library as people call them: from anywhere in a project, with one name where several may stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from dsv.project.layout import find

SEVERAL, PATH = "Sequence[str]", "Path"


def at(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with the project found from `path` (a folder in it) as its first argument."""
    outer = inspect.signature(function)
    _, *params = outer.parameters.values()
    inner = inspect.Signature(params)

    @wraps(function)
    def call(*args: Any, path: str | Path = ".", **named: Any) -> Any:
        given = inner.bind(*args, **named)
        for name, value in given.arguments.items():
            given.arguments[name] = _meant(value, str(inner.parameters[name].annotation))
        return function(find(Path(path)), *given.args, **given.kwargs)

    own = inspect.Parameter("path", inspect.Parameter.KEYWORD_ONLY, default=".", annotation="str | Path")
    more = [p for p in params if p.kind is p.VAR_KEYWORD]
    told = [*(p for p in params if p not in more), own, *more]
    call.__signature__ = outer.replace(parameters=told)  # type: ignore[attr-defined]
    return call


def _meant(value: Any, annotation: str) -> Any:
    """A text where several are wanted is one of them; where a path is wanted it is one."""
    if not isinstance(value, str):
        return value
    if annotation.startswith(SEVERAL):
        return (value,)
    return Path(value) if annotation.startswith(PATH) and "str" not in annotation else value
