"""JSON: an array of objects."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from dsv.formats import objects
from dsv.formats.base import Bad, Chunk, Header, Task, Unreadable, chunk

NAME = "json"
GROUP = 1


def read(task: Task) -> Iterator[Chunk]:
    """The rows of one file."""
    for name in task.names:
        data = (task.root / name).read_bytes().removeprefix(codecs.BOM_UTF8)
        try:
            found = objects.parse(data.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"no JSON: {error}") from error
        if not isinstance(found, list):
            raise Unreadable(f"a {type(found).__name__}, not an array of objects")
        good = [(i, one) for i, one in enumerate(found, 1) if isinstance(one, dict)]
        bad = [
            Bad(name, i, -1, "json", "not an object", repr(one).encode()[:1000])
            for i, one in enumerate(found, 1)
            if not isinstance(one, dict)
        ]
        yield chunk(objects.table([one for _, one in good]), name, [i for i, _ in good], bad)


def header(task: Task) -> Header | None:
    """Nothing: each object may have another key."""
    return None
