"""A format as CONTRIBUTING.md asks for: a record a line."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from dsv.formats.base import Chunk, Task, chunk

NAME, GROUP = "lines", 1


def read(task: Task) -> Iterator[Chunk]:
    """The lines of one file."""
    for name in task.names:
        lines = (task.root / name).read_text(encoding="utf-8").splitlines()
        yield chunk(pa.table({"text": pa.array(lines, pa.large_string())}), name, range(1, len(lines) + 1))
