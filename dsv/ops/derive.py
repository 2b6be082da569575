"""What `dsv run` derives from params.yaml before anything runs: dvc.yaml and .dsv/sig.yaml."""

from __future__ import annotations

from typing import Any

from dsv.formats import registry as formats
from dsv.project import edit
from dsv.project.build import pipeline
from dsv.project.build import stages as dvc_text
from dsv.project.layout import Layout
from dsv.project.params import load, ready
from dsv.project.pipeline import Pipeline, build
from dsv.project.pipeline import signatures as pipeline_signatures
from dsv.record import yaml12
from dsv.runner.ingest import ingest
from dsv.stages import python
from dsv.store import files

SIGNED = "# Written by `dsv run`: what beside params.yaml and data can change a record. Committed; never edited.\n"


def signatures(plan: Pipeline) -> dict[str, Any]:
    """What `.dsv/sig.yaml` should hold."""
    return pipeline_signatures(plan, ingest.REVISION, {s.name: ingest.signature(s) for s in plan.sources})


def codes(layout: Layout) -> dict[str, str]:
    """What identifies the code of each stage that dsv does not ship, as it is now."""
    python.importable(layout.root)
    return {name: found["code"] for name, found in signatures(pipeline(layout)).items()}


def derive(layout: Layout) -> Pipeline:
    """Checks params.yaml and writes dvc.yaml and .dsv/sig.yaml where they differ."""
    python.importable(layout.root)
    edit.quote_keys(layout.params)
    params = load(layout.params)
    ready.check(params, formats.FORMATS)
    plan = build(params)
    ready.check_count(params, plan.stages)
    text, differs = dvc_text(layout, plan)
    if differs:
        files.write(layout.root / "dvc.yaml", text.encode())
    signed = (SIGNED + yaml12.dump(signatures(plan))).encode()
    if not layout.signature.exists() or layout.signature.read_bytes() != signed:
        files.write(layout.signature, signed)
    return plan
