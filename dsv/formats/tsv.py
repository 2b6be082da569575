"""TSV: CSV with tabs."""

from __future__ import annotations

from collections.abc import Iterator

from dsv.formats import csv
from dsv.formats.base import Chunk, Task

NAME = "tsv"
GROUP = 1


def read(task: Task) -> Iterator[Chunk]:
    """The rows of one file."""
    for name in task.names:
        yield from csv.read_file(task.root / name, name, task.spec, task.spec.delimiter or "\t")
