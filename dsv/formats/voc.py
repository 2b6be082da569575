"""Pascal VOC: one XML file an image. Entities and document types are refused."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from dsv.formats import boxes
from dsv.formats.base import FILE, RAW, ROW, Bad, Chunk, Header, Task

NAME = "voc"
GROUP = 500
SIDES = ("xmin", "ymin", "xmax", "ymax")
COLUMNS = {
    "path": pa.large_string(), "stem": pa.large_string(), "filename": pa.large_string(), "width": pa.int64(), "height": pa.int64(),
    "depth": pa.int64(), "boxes": boxes.BOXES,
}  # fmt: skip
EXTRA = ("pose", "truncated", "difficult", "occluded")


def read(task: Task) -> Iterator[Chunk]:
    """One row a file: path, stem, declared file name, size, boxes."""
    rows, bad = [], []
    for name in task.names:
        data = (task.root / name).read_bytes()
        try:
            rows.append(_row(name, data))
        except (ET.ParseError, ValueError, OverflowError) as error:
            bad.append(Bad(name, 1, -1, "xml", str(error), data[:RAW]))
    columns: dict[str, Any] = {key: pa.array([row[key] for row in rows], kind) for key, kind in COLUMNS.items()}
    columns[FILE] = columns["path"]
    columns[ROW] = pa.array([1] * len(rows), pa.int64())
    yield Chunk(pa.table(columns), bad)


def header(task: Task) -> Header | None:
    """The columns that every delivery of this format has."""
    return Header(frozenset(COLUMNS), True)


def _row(name: str, data: bytes) -> dict[str, Any]:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValueError("document types and entities are refused")
    root = ET.fromstring(data)  # noqa: S314
    if all(next(root.iter("object"), root.find(name)) is None for name in ("filename", "size")):
        raise ValueError(f"no Pascal VOC: <{root.tag}> has neither filename nor size nor object")
    size = root.find("size")
    found = {key: _int(size.findtext(key)) if size is not None else None for key in ("width", "height", "depth")}
    return {
        "path": name,
        "stem": PurePosixPath(name).stem,
        "filename": root.findtext("filename"),
        **found,
        "boxes": [_box(o) for o in root.iter("object")],
    }


def _int(text: str | None) -> int | None:
    return None if text is None or not text.strip() else int(float(text))


def _box(element: ET.Element) -> dict[str, Any]:
    frame = element.find("bndbox")
    if frame is None:
        raise ValueError("an object has no bndbox")
    sides = {}
    for side in SIDES:
        text = frame.findtext(side)
        if text is None:
            raise ValueError(f"a bndbox has no {side}")
        sides[side] = boxes.side(text)
    extra = {key: element.findtext(key) for key in EXTRA if element.findtext(key) not in (None, "")}
    return {"label": element.findtext("name"), **sides, "extra": json.dumps(extra, sort_keys=True) if extra else None}
