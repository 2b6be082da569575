"""params.yaml: everything that can change a record, read, checked and typed. Light to import: `dsv status` reads it."""

from __future__ import annotations

from dsv.project.params.column import Column
from dsv.project.params.default import default_params
from dsv.project.params.model import Params, StageSection
from dsv.project.params.read import load, parse
from dsv.project.params.sections import sections
from dsv.project.params.source import Const, Source

__all__ = ["Column", "Const", "Params", "Source", "StageSection", "default_params", "load", "parse", "sections"]
