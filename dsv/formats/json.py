"""JSON: an array of objects."""

from __future__ import annotations

from collections.abc import Iterator

from dsv.formats import objects
from dsv.formats.base import Bad, Chunk, Header, Task, Unreadable, chunk, told, utf8

NAME = "json"
GROUP = 1


def read(task: Task) -> Iterator[Chunk]:
    """The rows of one file."""
    for name in task.names:
        data = utf8((task.root / name).read_bytes(), task.spec.encoding)
        try:
            found, beyond = objects.decode(data.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"no JSON: {told(error)}") from error
        if not isinstance(found, list):
            raise Unreadable(f"a {type(found).__name__}, not an array of objects")
        good, bad = [], []
        for number, one in enumerate(found, 1):
            n = objects.infinite(one) if beyond else 0
            if isinstance(one, dict) and not n:
                good.append((number, one))
                continue
            reason = objects.unheld(beyond) if n else "not an object"
            bad.append(Bad(name, number, -1, "json", reason, objects.raw(one)))
            beyond = beyond[n:]
        table = objects.table([one for _, one in good], task.spec.types)
        yield chunk(table, name, [number for number, _ in good], bad)


def header(task: Task) -> Header | None:
    """Nothing: each object may have another key."""
    return None
