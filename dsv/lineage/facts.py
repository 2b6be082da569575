"""What the lineage needs to know of a version's sources and stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class StageFacts:
    """One stage of a version: revision, plugin code, params with their defaults, and which of them (paths) each rule depends on.

    `written` are the params as params.yaml has them; `values` tells of rules that compare records which of the params set
    what they compare.
    """

    name: str
    use: str
    revision: int
    code: str = ""
    params: Any = None
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    written: Any = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class BatchFacts(NamedTuple):
    """One delivery: the digest of its files, and the params that it is read with."""

    raw: str
    read: Mapping[str, Any]


class Facts(NamedTuple):
    """One version: its stages by name, the deliveries of each source, both in order of arrival, the revision of ingest.

    `signed` are the signatures of the stages: where they are alike, so are the params, which need not be read to know.
    """

    stages: Mapping[str, StageFacts]
    sources: Mapping[str, Mapping[str, BatchFacts]]
    revision: int = 0
    signed: Mapping[str, Any] = {}


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
