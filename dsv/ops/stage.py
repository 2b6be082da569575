"""Stages of one's own."""

from __future__ import annotations

from dsv import errors
from dsv.dvcio.turn import turn
from dsv.project import edit
from dsv.project.layout import Layout
from dsv.project.params import load
from dsv.stages import python, registry


def stage(layout: Layout, name: str, function: str) -> None:
    """Adds a section to params.yaml that runs a Python function as a stage."""
    python.importable(layout.root)
    python.find(function)
    with turn(layout.root, wait=True):
        if any(section.name == name for section in load(layout.params).stages):
            raise errors.UsageError(f"params.yaml has a section {name!r} already.")
        edit.add_stage(layout.params, name, {"use": "python", "function": function})


def listing() -> list[tuple[str, str]]:
    """Every stage that can be used, with its line of documentation."""
    return [(name, registry.stage(name).DOC) for name in registry.names()]
