"""Infers column types from the first rows of a delivery, for a person to review."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dsv.formats import registry
from dsv.formats.base import ReadSpec
from dsv.runner.ingest.deliver import own_columns
from dsv.table import types, typing

ROWS = 10_000
TRIES = ("int", "float", "bool", "date", "datetime")


def infer(folder: Path, names: Sequence[str], form: str | None, header: Sequence[str] = ()) -> dict[str, str]:
    """Column → type, for the columns of text formats that are not text in the first rows of the first files.

    `header`: the names, where no row has them.
    """
    tasks = registry.tasks(folder, names, form, ReadSpec(header=not header, names=tuple(header)))
    for task in tasks[:1]:
        for chunk in registry.read(task):
            frame = pl.from_arrow(types.cast(chunk.table.select(range(len(own_columns(chunk.table)))).slice(0, ROWS)))
            assert isinstance(frame, pl.DataFrame)
            found = {c: _type(frame[c]) for c in frame.columns if frame.schema[c] == pl.String}
            return {column: kind for column, kind in found.items() if kind}
    return {}


def _type(column: pl.Series) -> str | None:
    values = column.drop_nulls()
    if values.is_empty() or _coded(values):
        return None
    for kind in TRIES:
        if kind == "bool" and not set(values.unique().to_list()) <= {"true", "false", "True", "False", "TRUE", "FALSE"}:
            continue
        typed, misfits = typing.typed(values.to_frame("v"), {"v": typing.Column(kind)})
        if not misfits and typed["v"].null_count() == 0:
            return kind
    return None


def _coded(values: pl.Series) -> bool:
    """Numbers with leading zeros are codes: 007 is not 7."""
    return bool(values.str.contains(r"^[+-]?0[0-9]").any())
