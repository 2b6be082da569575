"""COCO instances: one row an image, boxes with category names; ids and flags are kept in `extra`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from dsv.errors import DsvError
from dsv.formats import boxes, objects
from dsv.formats.base import Bad, Chunk, Header, Task, Unreadable, chunk, told
from dsv.table import boxunits

NAME = "coco"
GROUP = 1
# The category of boxes that have none: COCO knows no box without.
UNLABELLED = "unlabelled"
# Files of other formats that say what is in an image.
LABELS = (".xml", ".txt", ".json")
COLUMNS = ("file_name", "width", "height", "image_id", "boxes")
KEPT = ("id", "iscrowd", "area", "attributes", "score", "segmentation")


def read(task: Task) -> Iterator[Chunk]:
    """The images of one file."""
    for name in task.names:
        try:
            found = objects.parse((task.root / name).read_bytes().decode("utf-8"))
            images, labels = found["images"], {c["id"]: _name(c) for c in found["categories"]}
            if len(labels) < len(found["categories"]):
                raise ValueError("a category id is there twice")
            annotations = list(found["annotations"])
            of: dict[Any, list[dict[str, Any]]] = {image["id"]: [] for image in images}
            if len(of) < len(images):
                raise ValueError("an image id is there twice")
            columns = _columns(images)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, pa.ArrowException) as error:
            raise Unreadable(f"no COCO instances: {_told(error)}") from error
        bad = []
        for number, annotation in enumerate(annotations, 1):
            try:
                of[annotation["image_id"]].append(_box(annotation, labels))
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                bad.append(
                    Bad(
                        name,
                        number,
                        -1,
                        "coco",
                        f"annotation {number}: {_told(error)}",
                        json.dumps(annotation).encode()[:1000],
                    )
                )
        table = pa.table({**columns, "boxes": boxes.column([of[image["id"]] for image in images])})
        yield chunk(table, name, range(1, len(images) + 1), bad)


def header(task: Task) -> Header | None:
    """The columns that every delivery of this format has."""
    return Header(frozenset(COLUMNS), True)


def _told(error: Exception) -> str:
    return f"it has no {error.args[0]!r}" if isinstance(error, KeyError) else told(error)


def _name(category: dict[str, Any]) -> str | None:
    name = category["name"]
    return None if name is None else str(name)


def _columns(images: list[dict[str, Any]]) -> dict[str, pa.Array]:
    columns = {key: pa.array([image.get(key) for image in images]) for key in ("file_name", "width", "height")}
    return {**columns, "image_id": pa.array([image["id"] for image in images])}


def _box(annotation: dict[str, Any], labels: dict[Any, str | None]) -> dict[str, Any]:
    x, y, width, height = (boxes.side(v) for v in annotation["bbox"])
    extra = {key: annotation[key] for key in KEPT if annotation.get(key) not in (None, [], {})}
    return {
        "label": labels[annotation["category_id"]],
        "xmin": x,
        "ymin": y,
        "xmax": x + width,
        "ymax": y + height,
        "extra": json.dumps(extra, sort_keys=True),
    }


def write(table: pa.Table, path: Path) -> None:
    """Writes records that have `boxes` as COCO instances, in pixels; ids are numbers in the order of the records."""
    rows = [_in_pixels(row) for row in table.to_pylist()]
    labels = sorted({_label(box) for row in rows for box in row.get("boxes") or ()})
    numbers = {label: i for i, label in enumerate(labels, 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, row in enumerate(rows, 1):
        images.append({"id": image_id, "file_name": _file_name(row), "width": row.get("width"), "height": row.get("height")})
        for box in row.get("boxes") or ():
            width, height = box["xmax"] - box["xmin"], box["ymax"] - box["ymin"]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": numbers[_label(box)],
                    "bbox": [box["xmin"], box["ymin"], width, height],
                    "area": width * height,
                    "iscrowd": 0,
                }
            )
    categories = [{"id": number, "name": label} for label, number in numbers.items()]
    path.write_text(objects.text({"images": images, "annotations": annotations, "categories": categories}), encoding="utf-8")


def _file_name(row: dict[str, Any]) -> str:
    """The image of a record: what is named as such, or the file itself, unless that is one of labels."""
    path = row.get("path")
    is_labels = path is not None and PurePosixPath(str(path)).suffix.lower() in LABELS
    named = (row.get("file_name"), row.get("filename"), None if is_labels else path, row.get("stem"))
    return str(next((name for name in named if name), row["_id"]))


def _in_pixels(row: dict[str, Any]) -> dict[str, Any]:
    """The record with its boxes as COCO wants them."""
    told = (row[name] for name in boxunits.columns("boxes") if row.get(name) is not None)
    if next(told, None) != boxunits.RELATIVE or not row.get("boxes"):
        return row
    width, height = (row.get(name) for name in boxunits.SIZE)
    if not width or not height:
        raise DsvError(
            f"{row['_id']} has relative boxes, and no {' and '.join(boxunits.SIZE)} that make pixels of them: COCO knows no others.",
            hint="give the records columns width and height in pixels, or export jsonl or parquet",
        )
    return {**row, "boxes": [boxunits.in_pixels(box, width, height) for box in row["boxes"]]}


def _label(box: dict[str, Any]) -> str:
    return UNLABELLED if box["label"] is None else str(box["label"])
