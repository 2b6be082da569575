"""What a task needs to know to run one stage on one shard: plain values, so that it can be sent to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsv.project.layout import Layout
from dsv.runner.shards.narrow import Cache
from dsv.stages import python
from dsv.stages.base import SourceFacts, Stage
from dsv.stages.registry import stage as find_stage


@dataclass(frozen=True)
class Context:
    """One stage instance of one project. `code` identifies a stage that dsv does not ship; `upstream` are the instances
    before it, ingest first."""

    layout: Layout
    instance: str
    stage_name: str
    params: Any
    params_hash: str
    code: str
    upstream: tuple[str, ...]
    sources: Mapping[str, SourceFacts]

    @property
    def stage(self) -> Stage:
        # A worker elsewhere imports the modules of the project too.
        python.importable(self.layout.root)
        return find_stage(self.stage_name)

    @property
    def cache(self) -> Cache:
        return Cache(self.layout.cache)
