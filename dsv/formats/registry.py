"""All formats. One line each: name → module."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import cast

from dsv import errors
from dsv.formats.base import Chunk, Format, Header, Place, ReadSpec, Task, Unreadable, bounded, refused

FORMATS = {
    "csv": "dsv.formats.csv",
    "tsv": "dsv.formats.tsv",
    "json": "dsv.formats.json",
    "jsonl": "dsv.formats.jsonl",
    "parquet": "dsv.formats.parquet",
    "media": "dsv.formats.media",
    "voc": "dsv.formats.voc",
    "coco": "dsv.formats.coco",
    "yolo": "dsv.formats.yolo",
}
SUFFIXES = {
    ".csv": "csv",
    ".dat": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xml": "voc",
}


@cache
def find(name: str) -> Format:
    """The format of this name."""
    if name not in FORMATS:
        raise errors.DsvError(
            f"No format is called {name!r}; there are {', '.join(FORMATS)}.",
            hint="set sources.NAME.format in params.yaml",
        )
    return cast(Format, importlib.import_module(FORMATS[name]))


def detect(name: str) -> str | None:
    """The format that a file's suffix stands for."""
    return SUFFIXES.get(Path(name).suffix.lower())


def tasks(root: Path, names: Sequence[str], name: str | None, spec: ReadSpec) -> list[Task]:
    """The delivery cut into tasks. Every file is in exactly one; a file of no known format is in a task that refuses it."""
    groups: dict[str, list[str]] = {}
    for file in names:
        groups.setdefault(name or detect(file) or "unknown", []).append(file)
    found = []
    for kind, files in groups.items():
        size = 1 if kind == "unknown" else find(kind).GROUP
        # 0: the files of the delivery belong together (labels and their class names).
        size = size or len(files)
        found += [Task(kind, root, tuple(files[i : i + size]), spec) for i in range(0, len(files), size)]
    return sorted(found, key=lambda task: task.names)


def read(task: Task) -> Iterator[Chunk]:
    """The chunks of a task. A file that cannot be parsed at all becomes one refusal; the rest of the delivery goes on."""
    if task.format == "unknown":
        yield refused(task.names[0], "no format is known for this suffix; set `format:` of the source")
        return
    good = []
    for name in task.names:
        fault = _closed(task.root / name)
        if fault is None:
            good.append(name)
        else:
            yield refused(name, fault)
    if not good:
        return
    try:
        for chunk in find(task.format).read(task._replace(names=tuple(good))):
            yield chunk._replace(bad=[bad._replace(reason=bounded(bad.reason)) for bad in chunk.bad])
    except (Unreadable, OSError) as error:
        # What is read together is refused together: no file of a delivery is left out in silence.
        for name in good:
            yield refused(name, _reason(error))


def sample(task: Task) -> Iterator[Chunk]:
    """The rows of a task as types are inferred from them, where that is faster than to read them as they are stored."""
    quick = getattr(find(task.format), "sample", None) if task.format in FORMATS else None
    found = None if quick is None else quick(task)
    yield from read(task) if found is None else [cast(Chunk, found)]


def header(found: Sequence[Task]) -> Header | None:
    """What is known of a delivery without reading its rows; None where that is not all of its columns."""
    columns: set[str] = set()
    rows = False
    for task in found:
        one = _header(task)
        if one is None:
            return None
        columns |= one.columns
        rows = rows or one.rows
    return Header(frozenset(columns), rows)


def _header(task: Task) -> Header | None:
    """Of files that `read` refuses there is none."""
    try:
        return Header() if task.format == "unknown" else find(task.format).header(task)
    except (Unreadable, OSError):
        return Header()


def locate(root: Path, file: str, name: str | None, spec: ReadSpec, rows: Sequence[int]) -> Mapping[int, Place]:
    """The places of the rows of a file, by their numbers; of a format whose records have none, nothing."""
    found = getattr(find(name or detect(file) or ""), "locate", None)
    return {} if found is None else cast(Mapping[int, Place], found(root / file, spec, rows))


def _closed(path: Path) -> str | None:
    """Why a file cannot be opened: then the others of its task are read without it."""
    try:
        with path.open("rb"):
            return None
    except OSError as error:
        return _reason(error)


def _reason(error: Exception) -> str:
    """What is wrong, without the place of the project on this machine."""
    return bounded(str(getattr(error, "strerror", None) or error))
