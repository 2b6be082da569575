"""What params.yaml says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsv.project.params.source import Source


@dataclass(frozen=True)
class StageSection:
    """One stage instance: its name, the stage it uses, its place among the instances, and its params as they stand."""

    name: str
    use: str
    position: int
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class Params:
    """All that can change a record. `sources` and `stages` keep the order of the file; `file` is how messages call it."""

    dataset: str
    sources: Mapping[str, Source]
    stages: tuple[StageSection, ...]
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    text: str = field(default="", repr=False, compare=False)
    file: str = field(default="params.yaml", repr=False, compare=False)
