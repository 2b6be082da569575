"""A small delivery of every registered format; whoever adds a format adds one here."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from dsv.formats.base import ReadSpec


class Files(NamedTuple):
    """Files by name, the number of rows that they hold, and how they are read.

    `whole`: a file of it that is cut in half is refused as a whole or in part, and is never another good file.
    """

    files: Mapping[str, bytes]
    rows: int
    spec: ReadSpec = ReadSpec()


def _parquet() -> bytes:
    sink = io.BytesIO()
    table = pa.table({"id": list(range(40)), "text": [f"text {i}" for i in range(40)]})
    pq.write_table(table, sink, row_group_size=10, write_page_checksum=True)
    return sink.getvalue()


def _png(side: int) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (side, side), (side, 0, 0)).save(sink, "PNG")
    return sink.getvalue()


def _wav() -> bytes:
    sink = io.BytesIO()
    with wave.open(sink, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(800))
    return sink.getvalue()


def _voc(name: str) -> bytes:
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
    return (
        f"<annotation><filename>{name}.png</filename><size><width>9</width><height>9</height><depth>3</depth></size>"
        f"<object><name>cät</name>{box}</object></annotation>"
    ).encode()


COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}, {"id": 2, "file_name": "b.png"}],
    "categories": [{"id": 7, "name": "cät"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 3, 4]}],
}
ROWS = [{"id": i, "text": f"täxt {i}", "price": i / 2} for i in range(3)]

FORMATS: dict[str, Files] = {
    "csv": Files({"a.csv": b'id,text\n1,"one, two"\n2,\xc3\xa4\n', "b.csv": b"id,text\n3,c\n"}, 3),
    "tsv": Files({"a.tsv": b"id\ttext\n1\tone, two\n2\t\xc3\xa4\n", "b.tsv": b"id\ttext\n3\tc\n"}, 3),
    "json": Files({"a.json": json.dumps(ROWS).encode(), "b.json": b'[{"id": 9}]'}, 4),
    "jsonl": Files({"a.jsonl": b"".join(json.dumps(r).encode() + b"\n" for r in ROWS), "b.jsonl": b'{"id": 9}\n'}, 4),
    "parquet": Files({"a.parquet": _parquet(), "b.parquet": _parquet()}, 80),
    "media": Files({"a.png": _png(8), "b.png": _png(9), "c.wav": _wav(), "d.txt": b"text"}, 4),
    "voc": Files({"a.xml": _voc("a"), "b.xml": _voc("b")}, 2),
    "coco": Files({"a.json": json.dumps(COCO).encode(), "b.json": json.dumps(COCO).encode()}, 4),
    "yolo": Files({"a.txt": b"0 .5 .5 .2 .2\n1 .1 .1 .1 .1\n", "b.txt": b"1 .5 .5 1 1\n", "classes.txt": b"cat\ndog\n"}, 2),
}  # fmt: skip
