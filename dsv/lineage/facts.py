"""What the lineage needs to know of a version's stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class StageFacts:
    """One stage of a version: revision, plugin code, params, and which params (paths within them) each rule depends on."""

    name: str
    use: str
    revision: int
    code: str = ""
    params: Any = None
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def value(params: Any, path: str) -> Any:
    """The value at a path such as `rules[2].range.min`; None where there is none."""
    current = params
    for part in path.replace("[", ".[").split("."):
        if not part:
            continue
        try:
            current = current[int(part[1:-1])] if part.startswith("[") else current[part]
        except (KeyError, IndexError, TypeError):
            return None
    return current
