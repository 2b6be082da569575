"""All rules by name, in the order in which help lists them. A module that fits the Protocol is a rule; it is imported when it
is asked for: to start without the others is a twentieth of what a small diff takes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Generic, TypeVar

from dsv.stages.rules.base import GlobalRule, LocalRule

Rule = TypeVar("Rule")


class _Rules(Mapping[str, Rule], Generic[Rule]):
    """Rules by name, or what `of` them is wanted."""

    def __init__(self, *names: str, of: Callable[[Any], Rule] = lambda module: module) -> None:
        self._names = dict.fromkeys(names)
        self._of = of

    def __getitem__(self, name: str) -> Rule:
        if name not in self._names:
            raise KeyError(name)
        return self._of(importlib.import_module(f"{__package__}.{name}"))

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


LOCAL: Final[Mapping[str, LocalRule]] = _Rules(
    "missing",
    "range",
    "pattern",
    "allowed",
    "type",
    "filter",
    "length",
    "undecodable",
    "boxes",
    "text",
    "date",
    "unit",
    "aliases",
    "fill",
    "round",
)
GLOBAL: Final[Mapping[str, GlobalRule]] = _Rules("duplicate")
PARAMS: Final[Mapping[str, Any]] = _Rules(*LOCAL, *GLOBAL, of=lambda rule: rule.Params)
