"""Writes what DVC reads: dvc.yaml and .dsv/sig.yaml, from params.yaml."""

from __future__ import annotations

from typing import Any

from dsv import errors
from dsv.project.layout import INGEST, Layout
from dsv.project.params import load
from dsv.project.pipeline import Pipeline, build, dvc_stages
from dsv.record import yaml12

HEAD = "# Written by `dsv run` from params.yaml; stages of other names are yours and are kept.\n"


def pipeline(layout: Layout) -> Pipeline:
    """The pipeline of the workspace's params.yaml."""
    return build(load(layout.params))


def stages(layout: Layout, wanted: Pipeline) -> tuple[str, bool]:
    """The text of dvc.yaml, and whether it differs from the file."""
    path = layout.root / "dvc.yaml"
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    found = yaml12.mapping(old, "dvc.yaml")
    if not isinstance(found.get("stages", {}), dict):
        raise errors.DsvError("dvc.yaml: `stages` is no mapping.", hint="git checkout -- dvc.yaml")
    own = dvc_stages(wanted)
    others = {name: stage for name, stage in found.get("stages", {}).items() if name not in own and not ours(stage)}
    new = {**found, "stages": {**others, **own}}
    if wanted.dataset:
        new.setdefault("artifacts", {}).setdefault(wanted.dataset, {"path": f"data/{INGEST}", "type": "dataset"})
    text = HEAD + yaml12.dump(new)
    return text, text != old


def ours(stage: Any) -> bool:
    """Whether an entry of dvc.yaml is one that `dsv run` writes."""
    return isinstance(stage, dict) and str(stage.get("cmd", "")).startswith("dsv x ")
