"""Writes a version's records in a format that other programs read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import polars as pl

from dsv import errors
from dsv.formats import coco, csv, jsonl, parquet
from dsv.ops.load import load
from dsv.project.layout import Layout
from dsv.project.version import dataset
from dsv.runner.compare.side import SPLIT

WRITERS = {
    "csv": (csv.write, ".csv"),
    "jsonl": (jsonl.write, ".jsonl"),
    "parquet": (parquet.write, ".parquet"),
    "coco": (coco.write, ".json"),
}


class Exported(NamedTuple):
    """The files that were written, and how many records each has."""

    files: dict[str, int]


def export(layout: Layout, rev: str, output: Path | str, format: str, split: str | None = None) -> Exported:  # noqa: A002
    """One file a split (one in all where there are none) in a folder."""
    if format not in WRITERS:
        raise errors.UsageError(f"No format to export to is called {format!r}; there are {', '.join(WRITERS)}.")
    write, suffix = WRITERS[format]
    frame = load(layout, rev, split).frame
    name = dataset(layout)
    parts = (
        {f"{name}-{key[0]}": part for key, part in frame.partition_by(SPLIT, as_dict=True).items()}
        if SPLIT in frame.columns
        else {name: frame}
    )
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    targets = {output / f"{stem}{suffix}": part for stem, part in sorted(parts.items())}
    try:
        for target, part in targets.items():
            write((_flat(part) if format == "csv" else part).to_arrow(), _building(target))
        # All or none: a split that cannot be written leaves no others behind.
        for target in targets:
            _building(target).replace(target)
    finally:
        for target in targets:
            _building(target).unlink(missing_ok=True)
    return Exported({target.name: part.height for target, part in targets.items()})


def _building(target: Path) -> Path:
    return target.with_name(f".{target.name}.tmp")


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Nested values as JSON text: CSV has no others."""
    nested = [c for c, kind in frame.schema.items() if kind.is_nested()]
    texts = [
        pl.Series(
            c,
            [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in frame[c].to_list()],
            dtype=pl.String,
        )
        for c in nested
    ]
    return frame.with_columns(texts)
