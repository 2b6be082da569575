"""TSV: CSV with tabs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dsv.formats import csv
from dsv.formats.base import Chunk, Header, Place, ReadSpec, Task

NAME = "tsv"
GROUP = 1
DELIMITER = "\t"


def read(task: Task) -> Iterator[Chunk]:
    """The rows of one file."""
    for name in task.names:
        yield from csv.read_file(task.root / name, name, task.spec, task.spec.delimiter or DELIMITER)


def header(task: Task) -> Header | None:
    """The first row of the task's file, or the names that are declared."""
    return csv.header_of(task, task.spec.delimiter or DELIMITER)


def locate(path: Path, spec: ReadSpec, rows: Sequence[int]) -> dict[int, Place]:
    """The places of the rows of a file."""
    return csv.locate(path, spec, rows, DELIMITER)
