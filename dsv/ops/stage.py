"""Stages of one's own."""

from __future__ import annotations

from dsv import errors
from dsv.dvcio.turn import turn
from dsv.project import edit
from dsv.project.layout import Layout
from dsv.project.params import load, ready
from dsv.project.pipeline import build
from dsv.stages import python, registry


def stage(layout: Layout, name: str, function: str) -> None:
    """Adds a section to params.yaml that runs a Python function as a stage."""
    python.importable(layout.root)
    python.find(function)
    with turn(layout.root, wait=True):
        params = load(layout.params)
        if any(section.name == name for section in params.stages):
            raise errors.UsageError(f"params.yaml has a section {name!r} already.")
        if problem := ready.too_many(len(build(params).stages) + 1):
            raise errors.UsageError(f"{name} is not added: {problem}.")
        edit.add_stage(layout.params, name, {"use": "python", "function": function})


def listing() -> list[tuple[str, str]]:
    """Every stage that can be used, with its line of documentation."""
    return [(name, registry.stage(name).DOC) for name in registry.names()]
