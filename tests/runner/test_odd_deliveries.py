"""Deliveries that other programs write and that a run must take, or refuse by name: maps, decimals, odd boxes, media that are none."""

from __future__ import annotations

import datetime as dt
import json
import mimetypes
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import dsv
from dsv.errors import DsvError
from tests.conftest import Project
from tests.histories import replay

SIDES = {"xmin": 1, "ymin": 1, "xmax": 9, "ymax": 9}


def parquet(project: Project, table: pa.Table, name: str = "rows.parquet") -> str:
    path = project.root.parent / "incoming" / name
    path.parent.mkdir(exist_ok=True)
    pq.write_table(table, path)
    return str(path)


def add(project: Project, path: str, source: str = "shop", *more: str) -> None:
    project.dsv("add", path, "--source", source, "--license", "MIT", *more)


def test_maps_and_decimals_are_stored(project: Project) -> None:
    maps = pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64()))
    add(project, parquet(project, pa.table({"id": [1, 2], "m": maps, "d": pa.array([Decimal("1.50"), None])})), "shop", "--key", "id")
    project.dsv("run")
    rows = dsv.load(".", path=project.root).to_polars().select("m", "d").rows()
    assert rows == [([{"key": "a", "value": 1}], Decimal("1.50")), (None, None)]
    project.dsv("commit", "-m", "one")
    assert "equal" in project.dsv("reproduce", "HEAD", "--rebuild").out


def test_maps_within_values_and_json_are_stored(project: Project) -> None:
    of_maps = pa.map_(pa.string(), pa.map_(pa.string(), pa.int64()))
    maps = pa.array([{"m": [("a", [("b", 1)])]}, None], pa.struct([("m", of_maps)]))
    told = pa.array(['{"a": 1}', None], pa.json_())
    within = pa.StructArray.from_arrays([told], ["j"])
    add(project, parquet(project, pa.table({"id": [1, 2], "m": maps, "j": told, "w": within})), "shop", "--key", "id")
    project.dsv("run")
    nested = {"m": [{"key": "a", "value": [{"key": "b", "value": 1}]}]}
    assert loaded(project, "m", "j", "w") == [(nested, '{"a": 1}', {"j": '{"a": 1}'}), (None, None, {"j": None})]


def test_times_keep_the_parts_of_their_second(project: Project) -> None:
    time = pa.array([1_500_000_001], pa.time64("ns"))
    add(project, parquet(project, pa.table({"id": [1], "t": time, "u": time, "s": pa.StructArray.from_arrays([time], ["t"])})), "shop", "--key", "id")
    path = project.root / "params.yaml"
    path.write_text(path.read_text().replace("key: [id]", "key: [id]\n    columns: {u: string}"))
    project.dsv("run")
    assert loaded(project, "u") == [("00:00:01.500000001",)]
    project.dsv("export", ".", "-o", "out", "--format", "jsonl")
    (text,) = (file.read_text() for file in (project.root / "out").iterdir())
    found = json.loads(text)
    assert (found["t"], found["u"], found["s"]) == ("00:00:01.500000001", "00:00:01.500000001", {"t": "00:00:01.500000"})


def test_moments_with_and_without_a_zone_are_read_together(project: Project) -> None:
    plain, zoned = (pa.table({"id": [i], "t": pa.array([0], pa.timestamp("us", zone))}) for i, zone in enumerate((None, "UTC")))
    add(project, parquet(project, plain), "shop", "--key", "id")
    add(project, parquet(project, zoned), "shop")
    project.dsv("run")
    assert loaded(project, "t") == [('"1970-01-01 00:00:00"',), ('"1970-01-01 00:00:00+00:00"',)]


def test_a_column_that_is_there_twice_is_refused_by_name(project: Project) -> None:
    add(project, parquet(project, pa.table([pa.array([1]), pa.array([2])], names=["id", "id"])), "shop", "--key", "id")
    project.dsv("run")
    assert dsv.why("shop/rows.parquet", path=project.root).steps[0].detail == "the column 'id' is there twice"


def media(project: Project, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, data in {"e.png": b"", "n.png": b"abc", "cut.wav": b"RIFFxx", "a.m4a": b"xx", "b.odd": b"xx"}.items():
        (folder / name).write_bytes(data)
    add(project, str(folder), "m", "--kind", "media")


def test_media_that_cannot_be_decoded_are_told_in_words_of_our_own(project: Project, tmp_path: Path) -> None:
    media(project, tmp_path / "files")
    project.dsv("run")
    found = dsv.load(".", path=project.root).to_polars().sort("path").select("path", "media_type", "decoded", "decode_error").rows()
    why = "not the content of a known format"
    assert found == [
        ("a.m4a", "audio/mp4", None, None), ("b.odd", "application/octet-stream", None, None), ("cut.wav", "audio/wav", False, why),
        ("e.png", "image/png", False, why), ("n.png", "image/png", False, why),
    ]  # fmt: skip


def test_the_root_depends_neither_on_the_place_nor_on_the_machine(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media(project, tmp_path / "files")
    project.dsv("run")
    project.dsv("commit", "-m", "one")
    monkeypatch.setattr(mimetypes, "knownfiles", [])
    elsewhere = Project(tmp_path / "elsewhere" / "project")
    shutil.copytree(project.root, elsewhere.root, symlinks=True)
    assert "equal" in elsewhere.dsv("reproduce", "HEAD", "--rebuild").out


ODD: dict[str, tuple[Any, ...]] = {
    "a side is null": ([{"label": "c", **SIDES, "xmin": None}], [{"label": "c", **SIDES}]),
    "no label": ([SIDES], [SIDES]),
    "a box is null": ([None, {"label": "c", **SIDES}], [{"label": "c", **SIDES}]),
    "other names": ([{"label": "c", "bbox": [1, 2, 3, 4]}],),
    "lists": ([[1, 2, 3, 4]], [[1, 2, 3, 4]]),
}


@pytest.mark.parametrize("boxes", ODD.values(), ids=ODD)
def test_what_is_no_box_is_not_merged(project: Project, tmp_path: Path, boxes: tuple[Any, ...]) -> None:
    media(project, tmp_path / "files")
    lines = "".join(json.dumps({"img": "e.png", "who": who, "boxes": b}) + "\n" for who, b in zip("AB", boxes, strict=False))
    told = ("--kind", "annotations", "--item", "img", "--annotator", "who", "--value", "boxes", "--of", "m")
    add(project, str(project.write("b.jsonl", lines)), "bx", *told)
    params = (project.root / "params.yaml").read_text()
    (project.root / "params.yaml").write_text(f"{params}\nmerge: {{kind: boxes}}\n")
    done = project.dsv("run", code=10)
    assert done.err.startswith("error: merge: ")
    assert "\nhint: " in done.err


def test_boxes_of_several_annotators_tell_how_far_they_agree(project: Project, tmp_path: Path) -> None:
    media(project, tmp_path / "files")
    half = {"label": "c", **SIDES, "xmax": 5}
    lines = "".join(json.dumps({"img": "e.png", "who": who, "boxes": b}) + "\n" for who, b in (("A", [{"label": "c", **SIDES}]), ("B", [half])))
    told = ("--kind", "annotations", "--item", "img", "--annotator", "who", "--value", "boxes", "--of", "m")
    add(project, str(project.write("b.jsonl", lines)), "bx", *told)
    params = (project.root / "params.yaml").read_text()
    (project.root / "params.yaml").write_text(f"{params}\nmerge: {{kind: boxes, iou: 0.4}}\n")
    project.dsv("run")
    summary = json.loads((project.root / "reports" / "merge.json").read_text())["summary"]
    assert {name: summary[name] for name in ("boxes", "boxes_matched", "mean_iou")} == {"boxes": 2, "boxes_matched": 1, "mean_iou": 0.5}


def test_exports_are_json_whatever_is_in_them(project: Project) -> None:
    add(project, parquet(project, pa.table({"id": [1, 2], "v": [1.5, float("nan")]})), "shop", "--key", "id")
    project.dsv("run")
    project.dsv("export", ".", "-o", "out", "--format", "jsonl")
    texts = [line for path in sorted((project.root / "out").iterdir()) for line in path.read_text().splitlines()]
    assert sorted(json.loads(text, parse_constant=pytest.fail)["_id"] for text in texts) == ["shop/1", "shop/2"]


def test_a_box_without_a_label_is_exported(project: Project, tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox>"
    (tmp_path / "v" / "a.xml").write_text(f"<a><size><width>9</width><height>9</height></size><object>{box}</object></a>")
    add(project, str(tmp_path / "v"), "v", "--format", "voc")
    project.dsv("run")
    project.dsv("export", ".", "-o", "out", "--format", "coco")
    found = [json.loads(path.read_text()) for path in (project.root / "out").iterdir()]
    assert [each["categories"] for each in found] == [[{"id": 1, "name": "unlabelled"}]]


def test_an_image_id_that_is_there_twice_is_refused(project: Project) -> None:
    images = [{"id": 2, "file_name": name, "width": 9, "height": 9} for name in ("y.jpg", "z.jpg")]
    text = json.dumps({"images": images, "categories": [], "annotations": []})
    add(project, str(project.write("c.json", text)), "c", "--format", "coco")
    project.dsv("run")
    assert "an image id is there twice" in str(dsv.why("c/c.json", path=project.root).steps[0].detail)


def pictures(project: Project, folder: Path) -> None:
    """Two pictures of 640 x 200 pixels with YOLO labels; a box of the second leaves it."""
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (640, 200)).save(folder / name)
    add(project, str(folder), "m", "--kind", "media")
    labels = folder.with_name("labels")
    labels.mkdir()
    for name, line in {"a": "0 .5 .5 .5 .5", "b": "0 1 .5 .5 .5", "classes": "cat"}.items():
        (labels / f"{name}.txt").write_text(f"{line}\n")
    told = ("--kind", "annotations", "--format", "yolo", "--item", "stem", "--value", "boxes", "--of", "m")
    add(project, str(labels), "yolo", *told)


def test_yolo_boxes_are_judged_and_exported_in_pixels(project: Project, tmp_path: Path) -> None:
    pictures(project, tmp_path / "pictures")
    replay.read_with(project, {"match": "stem"})
    project.params(merge={"kind": "boxes"}, **{"clean-boxes": {"use": "clean", "rules": [{"boxes": {}}]}})
    project.dsv("run")
    project.dsv("commit", "-m", "one")
    assert [rule.detail for rule in dsv.why("m/b.png", path=project.root).steps if rule.rule == "boxes"]
    project.dsv("export", ".", "-o", str(tmp_path / "out"), "--format", "coco")
    (file,) = (tmp_path / "out").iterdir()
    assert [one["bbox"] for one in json.loads(file.read_text())["annotations"]] == [[160, 50, 320, 100], [480, 50, 160, 100]]


def test_an_export_that_is_refused_leaves_nothing_behind(project: Project, tmp_path: Path) -> None:
    rows = [{"id": 1, "split": "test", "width": 9, "height": 9}, {"id": 2, "split": "train", "width": None, "height": None}]
    told = [{**row, "units": "relative", "boxes": [{"label": "c", **dict.fromkeys(SIDES, 0.5)}]} for row in rows]
    path = project.write("rows.jsonl", "".join(f"{json.dumps(row)}\n" for row in told))
    add(project, str(path), "s", "--key", "id")
    project.dsv("run")
    with pytest.raises(DsvError, match="s/2 has relative boxes"):
        dsv.export(".", tmp_path / "out", "coco", path=project.root)
    assert list((tmp_path / "out").iterdir()) == []


def loaded(project: Project, *columns: str) -> list[tuple[Any, ...]]:
    return dsv.load(".", path=project.root).to_polars().sort("id").select(columns).rows()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_duration_is_its_microseconds_whatever_its_unit(project: Project, unit: str) -> None:
    one = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    durations = pa.array([one, None], pa.duration(unit))
    add(project, parquet(project, pa.table({"id": [1, 2], "d": durations, "l": pa.array([[one], None], pa.list_(pa.duration(unit)))})), "shop", "--key", "id")
    project.dsv("run")
    assert loaded(project, "d", "l") == [(1_000_000, [1_000_000]), (None, None)]


def test_a_duration_of_a_function_is_its_microseconds(project: Project) -> None:
    project.write("../project/own.py", "import polars as pl\n\ndef took(f):\n    return f.with_columns(d=pl.duration(milliseconds=2, time_unit='ns'), t=pl.lit(-1).cast(pl.Datetime('ns')))\n")
    add(project, parquet(project, pa.table({"id": [1]})), "shop", "--key", "id")
    project.params(took={"use": "python", "function": "own:took"})
    project.dsv("run")
    assert loaded(project, "d", "t") == [(2_000, dt.datetime(1969, 12, 31, 23, 59, 59, 999999))]
    project.dsv("commit", "-m", "one")
    assert "equal" in project.dsv("reproduce", "HEAD", "--rebuild").out


def test_a_function_returns_no_date_that_nothing_knows(project: Project) -> None:
    project.write("../project/far.py", "import polars as pl\n\ndef far(f):\n    return f.with_columns(d=pl.lit(2**62).cast(pl.Datetime('us')))\n")
    add(project, parquet(project, pa.table({"id": [1]})), "shop", "--key", "id")
    project.params(far={"use": "python", "function": "far:far"})
    assert "far:far returned dates of no year from 1 to 9999 in the column 'd'." in project.dsv("run", code=15).err


@pytest.mark.parametrize("zone", [None, "UTC", "+05:30"])
def test_nanoseconds_are_floored(project: Project, zone: str | None) -> None:
    times = pa.array([-1, 1001, None], pa.timestamp("ns", zone))
    add(project, parquet(project, pa.table({"id": [1, 2, 3], "t": times, "l": pa.array([[-1], [], None], pa.list_(pa.timestamp("ns")))})), "shop", "--key", "id")
    project.dsv("run")
    before, after = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC if zone else None) + dt.timedelta(microseconds=n) for n in (-1, 1))
    assert loaded(project, "t", "l") == [(before, [before.replace(tzinfo=None)]), (after, []), (None, None)]


@pytest.mark.parametrize("kind", [pa.decimal256(50, 2), pa.list_(pa.decimal256(20, 2))])
def test_what_no_type_holds_is_refused_by_name(project: Project, kind: pa.DataType) -> None:
    add(project, parquet(project, pa.table({"id": [1], "d": pa.array([None], kind)})), "shop", "--key", "id")
    project.dsv("run")
    assert str(dsv.why("shop/rows.parquet", path=project.root).steps[0].detail).startswith("the column 'd' is ")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, BaseException])
def test_an_add_that_is_stopped_leaves_nothing_behind(project: Project, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]) -> None:
    def put(*given: Any) -> None:
        raise stop

    monkeypatch.setattr("dsv.store.objects.Store.add_tree", put)
    with pytest.raises(stop):
        dsv.add(project.write("rows.csv", "id\n1\n"), "shop", license="MIT", path=project.root)
    assert not (project.root / "data" / "raw" / "shop" / "0001").exists()


FAR: dict[str, tuple[pa.DataType, list[Any], list[Any]]] = {
    "days": (pa.date32(), [0, 2_932_896, -719_162], [2_932_897, -719_163, 2**31 - 1]),
    "seconds": (pa.timestamp("s"), [0, 253_402_300_799], [253_402_300_800, 2**50, -(2**50)]),
    "milliseconds": (pa.timestamp("ms", "UTC"), [0, -62_135_596_800_000], [-62_135_596_800_001, 2**62]),
    "microseconds": (pa.timestamp("us"), [0], [2**62, -(2**62)]),
    "within a list": (pa.list_(pa.date32()), [[0], [], None], [[0, 2_932_897]]),
    "within a struct": (pa.struct([("d", pa.timestamp("us"))]), [{"d": 0}, None], [{"d": 2**62}]),
}


@pytest.mark.parametrize(("kind", "good", "far"), FAR.values(), ids=FAR)
def test_a_date_of_a_year_that_nothing_knows_goes_to_quarantine(project: Project, kind: pa.DataType, good: list[Any], far: list[Any]) -> None:
    table = pa.table({"id": range(len(good + far)), "t": pa.array(good + far, kind)})
    add(project, parquet(project, table), "shop", "--key", "id")
    project.dsv("run")
    held = pl.read_parquet(project.root / "data" / "quarantine" / "shop" / "0001.parquet")
    assert held["row"].to_list() == list(range(len(good) + 1, len(good + far) + 1))
    assert held.select("rule", "reason", "raw").row(0) == ("type", "t: not in a year from 1 to 9999", f'{{"id": {len(good)}}}'.encode())
    assert [row[0] for row in loaded(project, "id")] == list(range(len(good)))
    project.dsv("export", ".", "-o", "out", "--format", "jsonl")
