"""An export is taken in again as what it was; records without a split have a file of their own."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import random
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import dsv
from tests.conftest import Project

SPLITS = "id,text,split\n1,a,train\n2,b,\n3,c,test\n4,d,\n"
MANY = 200


def _moment(draw: random.Random) -> dt.datetime:
    return dt.datetime(1, 1, 1) + dt.timedelta(microseconds=draw.randrange(9998 * 365 * 86_400_000_000))


def _text(draw: random.Random) -> str:
    return "".join(draw.choices(string.printable + "äß€😀", k=draw.randrange(12)))


DRAWN: dict[str, tuple[pl.DataType, Callable[[random.Random], Any]]] = {
    "int": (pl.Int64(), lambda draw: draw.choice([0, -1, 2**63 - 1, -(2**63), draw.randrange(-(10**6), 10**6)])),
    "whole": (pl.Float64(), lambda draw: float(draw.randrange(-9, 9))),
    "float": (pl.Float64(), lambda draw: draw.choice([draw.random(), 1e16, 1e300, 5e-324, 0.1, -2.5e-9])),
    "bool": (pl.Boolean(), lambda draw: draw.random() < 0.5),
    "date": (pl.Date(), lambda draw: _moment(draw).date()),
    "datetime": (pl.Datetime("us"), _moment),
    "midnight": (pl.Datetime("us"), lambda draw: _moment(draw).replace(hour=0, minute=0, second=0, microsecond=0)),
    "text": (pl.String(), _text),
}


def _drawn(seed: int) -> pl.DataFrame:
    draw = random.Random(seed)
    columns = {
        name: pl.Series(name, [None if draw.random() < 0.2 else value(draw) for _ in range(MANY)], kind) for name, (kind, value) in DRAWN.items()
    }
    # One text says that the column is none of numbers.
    return pl.DataFrame({"id": pl.arange(MANY, eager=True), **columns}).with_columns(pl.col("text").fill_null("x"))


def _built(project: Project, frame: pl.DataFrame) -> Path:
    path = project.root.parent / "incoming.parquet"
    frame.write_parquet(path)
    dsv.add(path, "shop", license="MIT", key="id", path=project.root)
    project.params()
    dsv.run(path=project.root)
    return project.root


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("seed", [1, 2])
def test_an_export_comes_back_with_the_same_values_and_types(project: Project, form: str, seed: int) -> None:
    frame = _drawn(seed)
    root = _built(project, frame)
    out = root.parent / "out"
    dsv.export(".", out, form, path=root)
    dsv.add(out, "back", license="MIT", rename={"_id": "origin"}, key="origin", path=root)
    dsv.run(path=root)
    found = dsv.load(".", path=root).to_polars().filter(pl.col("_id").str.starts_with("back/")).sort("id")
    assert found.select(frame.columns).equals(frame, null_equal=True)


@pytest.mark.parametrize(("form", "read"), [("csv", pl.read_csv), ("jsonl", pl.read_ndjson)])
def test_bytes_are_base64_and_moments_with_a_zone_say_utc(project: Project, form: str, read: Callable[[Path], pl.DataFrame]) -> None:
    frame = pl.DataFrame(
        {"id": [1, 2], "b": [b"\0\xff", b"x"], "at": pl.Series([dt.datetime(2024, 1, 1), None]).dt.replace_time_zone("UTC"), "n": [{"b": b"\xff"}, None]}
    )
    root = _built(project, frame)
    (name,) = dsv.export(".", root.parent / "out", form, path=root).files
    row = read(root.parent / "out" / name).row(0, named=True)
    nested = json.loads(row["n"]) if form == "csv" else row["n"]
    assert (row["b"], row["at"], nested) == ("AP8=", "2024-01-01T00:00:00Z", {"b": base64.b64encode(b"\xff").decode()})


def test_records_without_a_split_are_unsplit_everywhere(project: Project) -> None:
    dsv.add(project.write("a.csv", SPLITS), "shop", license="MIT", key="id", path=project.root)
    project.params(audit={})
    dsv.run(path=project.root)
    shown = dsv.show(".", path=project.root)
    assert shown["splits"] == {"test": 1, "train": 1, "unsplit": 2}
    files = dsv.export(".", project.root.parent / "out", "csv", path=project.root).files
    assert files == {"reviews-test.csv": 1, "reviews-train.csv": 1, "reviews-unsplit.csv": 2}
    assert dsv.load(".", split="unsplit", path=project.root).to_polars()["id"].to_list() == [2, 4]


def test_coco_names_the_image_and_not_the_file_of_labels(project: Project) -> None:
    box = "<object><name>c</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object>"
    dsv.add(project.write("a.xml", f"<annotation><filename>a.jpg</filename>{box}</annotation>"), "cells", license="MIT", path=project.root)
    project.params()
    dsv.run(path=project.root)
    (name,) = dsv.export(".", project.root.parent / "out", "coco", path=project.root).files
    told = json.loads((project.root.parent / "out" / name).read_text(encoding="utf-8"))
    assert [image["file_name"] for image in told["images"]] == ["a.jpg"]


def test_a_float_that_is_whole_stays_one(project: Project) -> None:
    root = _built(project, pl.DataFrame({"id": [1, 2], "x": [3.0, math.nan]}))
    (name,) = dsv.export(".", root.parent / "out", "csv", path=root).files
    assert [line.rsplit(",", 1)[1] for line in (root.parent / "out" / name).read_text().splitlines()[1:]] == ["3.0", "NaN"]


def test_a_split_with_a_slash_has_a_file_of_its_own(project: Project) -> None:
    rows = "id,split\n1,a/b\n2,../c\n3,5%\n"
    project.dsv("add", str(project.write("a.csv", rows)), "--source", "shop", "--key", "id", "--license", "MIT")
    project.params()
    project.dsv("run")
    out = project.root.parent / "out"
    dsv.export(".", out, "csv", path=project.root)
    assert sorted(path.name for path in out.iterdir()) == ["reviews-..%2Fc.csv", "reviews-5%25.csv", "reviews-a%2Fb.csv"]
