"""Writes a version's records in a format that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from dsv import errors
from dsv.formats import coco, csv, jsonl, objects, parquet
from dsv.ops.load import load
from dsv.project.history import UNSPLIT
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
    parts = {f"{name}-{_file(split)}": part for split, part in _by_split(frame).items()} if SPLIT in frame.columns else {name: frame}
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    targets = {output / f"{stem}{suffix}": part for stem, part in sorted(parts.items())}
    try:
        for target, part in targets.items():
            write(_said(part, format).to_arrow(), _building(target))
        # All or none: a split that cannot be written leaves no others behind.
        for target in targets:
            _building(target).replace(target)
    finally:
        for target in targets:
            _building(target).unlink(missing_ok=True)
    return Exported({target.name: part.height for target, part in targets.items()})


def _by_split(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    splits = frame[SPLIT].cast(pl.String).fill_null(UNSPLIT)
    return {name: frame.filter(splits == name) for name in splits.unique(maintain_order=True)}


def _file(split: str) -> str:
    """A split's name in that of a file, written as keys are in ids (docs/format.md §2)."""
    return split.replace("%", "%25").replace("/", "%2F")


def _building(target: Path) -> Path:
    return target.with_name(f".{target.name}.tmp")


def _said(frame: pl.DataFrame, format: str) -> pl.DataFrame:  # noqa: A002
    """The records as the format says their values, so that they are read again as what they are."""
    if format not in ("csv", "jsonl"):
        return frame
    return frame.with_columns(_text(frame[name], format) for name in frame.columns)


def _text(values: pl.Series, format: str) -> pl.Series:  # noqa: A002
    """The column with what the format has no values for as texts: bytes in base64, moments with a time of day, times, nested values."""
    kind = values.dtype
    if kind == pl.Binary:
        return values.bin.encode("base64")
    if isinstance(kind, pl.Datetime):
        return values.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ" if kind.time_zone else "%Y-%m-%d %H:%M:%S%.f")
    if kind == pl.Time:
        return values.dt.strftime("%H:%M:%S%.f")
    if format == "csv" and kind.is_nested():
        return pl.Series(values.name, [None if value is None else objects.text(value) for value in values.to_list()], dtype=pl.String)
    return values
