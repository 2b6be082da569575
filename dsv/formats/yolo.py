"""YOLO: one text file an image, `class cx cy w h [score]` relative to the image; class names in classes.txt, obj.names or data.yaml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from dsv.errors import DsvError
from dsv.formats import boxes
from dsv.formats.base import FILE, RAW, ROW, Bad, Chunk, Header, Task, Unreadable
from dsv.record import yaml12

NAME = "yolo"
GROUP = 0
COLUMNS = ("path", "stem", "units", "boxes")
NAMES = ("classes.txt", "obj.names")


def read(task: Task) -> Iterator[Chunk]:
    """One row a label file; coordinates stay relative (`units`)."""
    labels = _labels(task)
    rows, bad = [], []
    for name in task.names:
        path = PurePosixPath(name)
        if path.suffix != ".txt" or path.name in NAMES:
            continue
        found, refused = [], []
        for number, line in enumerate(
            (task.root / name).read_text(encoding="utf-8-sig", errors="replace").splitlines(), 1
        ):
            if line.strip():
                try:
                    found.append(_box(line.split(), labels))
                except ValueError as error:
                    refused.append(Bad(name, number, -1, "yolo", str(error), line.encode()[:RAW]))
        bad += refused
        # A list of images or a readme beside the labels says of no image that nothing is in it.
        if found or not refused:
            rows.append((name, path.stem, found))
    names = [row[0] for row in rows]
    table = pa.table(
        {"path": pa.array(names, pa.large_string()), "stem": pa.array([r[1] for r in rows], pa.large_string()), "units": pa.array(["relative"] * len(rows), pa.large_string()),
         "boxes": boxes.column([r[2] for r in rows]), FILE: pa.array(names, pa.large_string()), ROW: pa.array([1] * len(rows), pa.int64())}
    )  # fmt: skip
    yield Chunk(table, bad)


def header(task: Task) -> Header | None:
    """The columns that every delivery of this format has."""
    return Header(frozenset(COLUMNS), True)


def _labels(task: Task) -> dict[int, str]:
    """The names of the classes. Without those that are there, no file of labels says what it means."""
    try:
        return _read_labels(task)
    except (ValueError, AttributeError, DsvError) as error:
        raise Unreadable(f"the names of the classes cannot be read: {error}") from error


def _read_labels(task: Task) -> dict[int, str]:
    for name in task.names:
        path = task.root / name
        if path.name in NAMES:
            return dict(enumerate(map(str.strip, path.read_text(encoding="utf-8-sig").splitlines())))
        if path.name == "data.yaml":
            found: Any = (yaml12.load(path.read_bytes()) or {}).get("names")
            if isinstance(found, dict):
                return {int(k): str(v) for k, v in found.items()}
            if isinstance(found, list):
                return dict(enumerate(map(str, found)))
    return {}


def _box(parts: list[str], labels: dict[int, str]) -> dict[str, Any]:
    if len(parts) not in (5, 6):
        # Outlines and key points begin alike; their first four numbers are no box.
        raise ValueError(f"{len(parts)} fields where class, cx, cy, w, h are wanted, and a score at most")
    number, (x, y, width, height, *score) = int(parts[0]), (boxes.side(v) for v in parts[1:])
    sides = {"xmin": x - width / 2, "ymin": y - height / 2, "xmax": x + width / 2, "ymax": y + height / 2}
    return {
        "label": labels.get(number, str(number)),
        **sides,
        "extra": json.dumps({"score": score[0]}) if score else None,
    }
