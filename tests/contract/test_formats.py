"""What every registered format must keep: rows with their origin, and a refusal for what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dsv.engines.local import Local
from dsv.errors import BadRecords, DsvError
from dsv.formats import jsonl, registry
from dsv.formats.base import FILE, ROW, Bad, Header, ReadSpec
from dsv.ops.export import WRITERS
from dsv.project.params import Source
from dsv.runner.ingest import deliver
from tests.contract.files import FORMATS

every_format = pytest.mark.parametrize("name", registry.FORMATS)
PLAIN = ReadSpec()
# Of one line these see a header, and no row.
HEADED = ("csv", "tsv")


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def read(folder: Path, name: str, spec: ReadSpec = PLAIN) -> tuple[list[dict[str, Any]], list[Bad]]:
    """All rows of a folder, and all that was refused."""
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.suffix
    )
    rows, bad = [], []
    for task in registry.tasks(folder, names, name, spec):
        for chunk in registry.read(task):
            rows += chunk.table.to_pylist()
            bad += chunk.bad
            assert chunk.table.num_rows == 0 or {FILE, ROW} <= set(chunk.table.column_names)
    return rows, bad


def values(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k not in (FILE, ROW, "path", "stem")} for row in rows]


@every_format
def test_every_format_has_a_delivery(name: str) -> None:
    assert name in FORMATS, f"the format {name!r} is registered; add a delivery to tests/contract/files.py"


@every_format
def test_a_module_bears_the_name_of_its_format(name: str) -> None:
    assert name == registry.find(name).NAME


@pytest.mark.parametrize("suffix", registry.SUFFIXES)
def test_every_suffix_stands_for_a_format(suffix: str) -> None:
    assert registry.detect(f"A{suffix.upper()}") in registry.FORMATS


@every_format
def test_every_row_names_its_file_and_its_place(name: str, tmp_path: Path) -> None:
    given = FORMATS[name]
    rows, bad = read(put(tmp_path / "raw", given.files), name, given.spec)
    assert (len(rows), bad) == (given.rows, [])
    places = [(row[FILE], row[ROW]) for row in rows]
    assert places == sorted(set(places))
    assert {file for file, _ in places} <= set(given.files)
    assert min(row for _, row in places) == 1


@every_format
def test_reading_twice_gives_the_same(name: str, tmp_path: Path) -> None:
    folder = put(tmp_path / "raw", FORMATS[name].files)
    assert read(folder, name) == read(folder, name)


DAMAGE = {
    "cut in half": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "white space": lambda data: b" \n\n",
    "not UTF-8": lambda data: data[:8] + b"\xff\xfe\xff" + data[8:],
    "null bytes": lambda data: bytes(64),
    "another byte everywhere": lambda data: bytes(b ^ 0x55 for b in data),
    "a number": lambda data: b"5\n",
    "a text": lambda data: b'"x"\n',
    "an array of numbers": lambda data: b"[1, 2]\n",
    "nested too deep": lambda data: b"[" * 100_000,
    "an unpaired surrogate": lambda data: b'[{"id": "\\ud800"}]\n',
    "no such key": lambda data: b'{"images": [{}], "categories": [], "annotations": []}\n',
    "another shape": lambda data: b'{"images": 5, "categories": [{"id": [], "name": 1}], "annotations": 7}\n',
    "mixed": lambda data: (
        b'{"images": [{"id": 1, "file_name": 2}, {"id": "x", "file_name": []}], "categories": [], "annotations": []}'
    ),
    "a header twice": lambda data: b"id,id\tid\tid\n1,2\t3\t4\n",
    "a huge number": lambda data: b'[{"id": 1.5}, {"id": ' + b"9" * 400 + b"}]\n",
    "a header that never ends": lambda data: b'"id,text\n1,2\n',
    "our own names": lambda data: b'{"_file": 1, "_row": 2}\n',
}


@every_format
@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_file_is_refused_and_the_others_are_read(name: str, how: str, tmp_path: Path) -> None:
    given = FORMATS[name]
    victim = min(given.files)
    rows, bad = read(put(tmp_path / "raw", {**given.files, victim: DAMAGE[how](given.files[victim])}), name)
    assert {one.file for one in bad} <= {victim}
    assert name in HEADED or victim in {one.file for one in bad} | {row[FILE] for row in rows}
    whole, _ = read(put(tmp_path / "whole", given.files), name)
    assert [row for row in rows if row[FILE] != victim] == [row for row in whole if row[FILE] != victim]


@every_format
@pytest.mark.parametrize("how", ["none", *DAMAGE])
def test_no_row_has_a_column_that_the_header_does_not_tell(name: str, how: str, tmp_path: Path) -> None:
    given = FORMATS[name]
    victim = min(given.files)
    folder = put(tmp_path / "raw", {**given.files, victim: DAMAGE.get(how, bytes)(given.files[victim])})
    tasks = registry.tasks(folder, sorted(given.files), name, PLAIN)
    header = registry.header(tasks)
    columns = {column for task in tasks for chunk in registry.read(task) for column in chunk.table.column_names}
    assert header is None or (columns - {FILE, ROW} <= header.columns and header.rows)


@every_format
def test_what_the_header_tells_of_a_good_delivery_is_there(name: str, tmp_path: Path) -> None:
    given = FORMATS[name]
    folder = put(tmp_path / "raw", given.files)
    header = registry.header(registry.tasks(folder, sorted(given.files), name, PLAIN))
    columns = {column for row in read(folder, name)[0] for column in row} - {FILE, ROW}
    assert header == (None if name in ("json", "jsonl") else Header(frozenset(columns), True))


@every_format
def test_a_folder_in_place_of_a_file_is_refused_and_the_others_are_read(name: str, tmp_path: Path) -> None:
    given = FORMATS[name]
    victim, *others = sorted(given.files)
    folder = put(tmp_path / "raw", {other: given.files[other] for other in others})
    (folder / victim).mkdir()
    rows, bad = read(folder, name)
    assert [one.file for one in bad] == [victim]
    assert rows


STRANGE = [
    "a b",
    "it's",
    'say "x"',
    "two\nlines",
    "$(touch pwned)",
    "`x`",
    "naïve 日本",
    "-rf",
    "a;b&c|d",
    "*",
    "#x%20",
    "~",
]


@every_format
@pytest.mark.parametrize("stem", STRANGE)
def test_a_file_may_have_any_name(name: str, stem: str, tmp_path: Path) -> None:
    given = FORMATS[name]
    plain = min(given.files)
    strange = f"{stem}{Path(plain).suffix}"
    files = {strange if file == plain else file: data for file, data in given.files.items()}
    rows, bad = read(put(tmp_path / "raw", files), name)
    assert (len(rows), bad) == (given.rows, [])
    assert strange in {row[FILE] for row in rows}


# export

TABLE = pa.table(
    {
        "_id": ["s/1", "s/2", "s/3"],
        "text": pa.array(['say "x"', "", None], pa.large_string()),
        "lines": pa.array(["two\nlines", "a\r\nb", "x, y"], pa.large_string()),
        "n": pa.array([1, None, -3], pa.int64()),
        "price": pa.array([0.1, 1e300, None], pa.float64()),
        "ok": pa.array([True, None, False]),
    }
)
BOX = {"label": "cat", "xmin": 1.0, "ymin": 2.0, "xmax": 4.0, "ymax": 6.0, "extra": None}
PICTURES = pa.Table.from_pylist(
    [{"_id": "s/1", "file_name": "a.png", "width": 9, "height": 9, "boxes": [BOX]}, {"_id": "s/2", "file_name": "b.png", "boxes": []}]
)  # fmt: skip
EXPORTS = {"csv": TABLE, "jsonl": TABLE, "parquet": TABLE, "coco": PICTURES}


@pytest.mark.parametrize("form", WRITERS)
def test_every_export_format_has_a_table(form: str) -> None:
    assert form in EXPORTS, f"dsv exports {form!r}; add a table to EXPORTS"


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_exported_is_read_back(form: str, tmp_path: Path) -> None:
    write, suffix = WRITERS[form]
    (tmp_path / "out").mkdir()
    write(EXPORTS[form], tmp_path / "out" / f"a{suffix}")
    rows, bad = read(tmp_path / "out", form)
    assert bad == []
    assert values(rows) == _expected(form)


def _expected(form: str) -> list[dict[str, Any]]:
    rows = EXPORTS[form].to_pylist()
    if form == "csv":
        return [{name: _text(value) for name, value in row.items()} for row in rows]
    if form == "coco":
        extra = '{"area": 12.0, "id": 1, "iscrowd": 0}'
        pictures = [{k: row[k] for k in ("file_name", "width", "height")} for row in rows]
        drawn = [[{**box, "extra": extra} for box in row["boxes"]] for row in rows]
        return [{**p, "image_id": i, "boxes": b} for i, (p, b) in enumerate(zip(pictures, drawn, strict=True), 1)]
    return rows


def _text(value: Any) -> str | None:
    """A value as CSV has it."""
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


RELATIVE = {"label": "cat", "xmin": 0.25, "ymin": 0.5, "xmax": 0.75, "ymax": 1.0, "extra": None}


@pytest.mark.parametrize("told", [{"units": "relative"}, {"boxes_units": "relative"}])
def test_relative_boxes_are_exported_as_coco_in_pixels(told: dict[str, str], tmp_path: Path) -> None:
    rows = [{"_id": "s/1", "width": 640, "height": 200, "boxes": [RELATIVE], **told}, {"_id": "s/2", "boxes": [], **told}]
    WRITERS["coco"][0](pa.Table.from_pylist(rows), tmp_path / "a.json")
    (one,) = json.loads((tmp_path / "a.json").read_text())["annotations"]
    assert (one["bbox"], one["area"]) == ([160.0, 100.0, 320.0, 100.0], 32000.0)


def test_boxes_that_a_merge_made_pixels_are_exported_as_they_are(tmp_path: Path) -> None:
    rows = [{"_id": "s/1", "width": 640, "height": 200, "boxes": [BOX], "units": "relative", "boxes_units": "pixels"}]
    WRITERS["coco"][0](pa.Table.from_pylist(rows), tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["annotations"][0]["bbox"] == [1.0, 2.0, 3.0, 4.0]


def test_relative_boxes_of_a_picture_of_unknown_size_are_no_coco(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([{"_id": "s/1", "width": None, "height": 9, "boxes": [RELATIVE], "units": "relative"}])
    with pytest.raises(DsvError, match="s/1 has relative boxes, and no width and height"):
        WRITERS["coco"][0](table, tmp_path / "a.json")
    assert not (tmp_path / "a.json").exists()


def test_jsonl_fast_and_strict_agree_on_what_is_written(tmp_path: Path) -> None:
    jsonl.write(TABLE, tmp_path / "a.jsonl")
    types = {"n": "int", "price": "float", "ok": "bool"}
    with_types, _ = read(tmp_path, "jsonl", ReadSpec(types=types))
    without, _ = read(tmp_path, "jsonl")
    assert with_types == without


def test_labels_without_the_names_of_their_classes_are_refused(tmp_path: Path) -> None:
    files = {**FORMATS["yolo"].files, "classes.txt": b"caf\xe9\n"}
    rows, bad = read(put(tmp_path / "raw", files), "yolo")
    assert rows == []
    assert {one.file for one in bad} == set(files)


def test_only_boxes_are_boxes_of_yolo(tmp_path: Path) -> None:
    lines = b"\xef\xbb\xbf0 .5 .5 .2 .2 .9\n0 .1 .1 .2 .1 .2 .2 .1 .2\n"
    files = {"a.txt": lines, "empty.txt": b"", "train.txt": b"data/a.jpg\ndata/b.jpg\n", "classes.txt": b"\xef\xbb\xbfcat \r\n"}
    rows, bad = read(put(tmp_path / "raw", files), "yolo")
    box = {"label": "cat", "xmin": 0.4, "ymin": 0.4, "xmax": 0.6, "ymax": 0.6, "extra": '{"score": 0.9}'}
    assert [(row["stem"], row["boxes"]) for row in rows] == [("a", [box]), ("empty", [])]
    assert [(one.file, one.row) for one in bad] == [("a.txt", 2), ("train.txt", 1), ("train.txt", 2)]


@pytest.mark.parametrize(
    ("categories", "label"), [([{"id": 1, "name": 7}], "7"), ([{"id": 1, "name": None}], None), ([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], ...)]
)
def test_a_category_of_coco_is_a_text_and_has_one_name(categories: list[Any], label: Any, tmp_path: Path) -> None:
    text = {"images": [{"id": 1}], "categories": categories, "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}]}
    rows, bad = read(put(tmp_path / "raw", {"a.json": json.dumps(text).encode()}), "coco")
    assert [box["label"] for row in rows for box in row["boxes"]] == ([] if label is ... else [label])
    assert [one.reason for one in bad] == (["no COCO instances: a category id is there twice"] if label is ... else [])


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
@pytest.mark.parametrize(("name", "text"), [("csv", "a,b\né,1\n"), ("jsonl", '{"a": "é", "b": "1"}\n[]\n'), ("json", '[{"a": "é", "b": "1"}]')])
def test_a_declared_encoding_counts_with_and_without_a_mark(encoding: str, name: str, text: str, tmp_path: Path) -> None:
    marked = f"\ufeff{text}" if encoding == "utf-16-le" else text
    folder = put(tmp_path / "raw", {f"a.{name}": marked.encode(encoding)})
    rows, bad = read(folder, name, ReadSpec(encoding=encoding))
    assert values(rows) == [{"a": "é", "b": "1"}]
    assert [(one.row, one.offset, one.raw) for one in bad] == ([(2, -1, b"[]")] if name == "jsonl" else [])
    assert dict(registry.locate(folder, "a.jsonl", "jsonl", ReadSpec(encoding=encoding), [1]) if name == "jsonl" else {}) == {}


def test_other_xml_is_no_image_without_boxes(tmp_path: Path) -> None:
    other = b'<annotations><image name="a.jpg"><box xtl="1" ytl="1" xbr="2" ybr="2"/></image></annotations>'
    rows, bad = read(put(tmp_path / "raw", {"a.xml": other, "b.xml": b"<annotation><filename>b.jpg</filename></annotation>"}), "voc")
    assert ([row["filename"] for row in rows], [one.file for one in bad]) == (["b.jpg"], ["a.xml"])


HUGE = {
    "yolo": {"a.txt": b"0 nan .5 .2 .2\n0 1e400 .5 .2 .2\n1 .1 .1 .1 .1\n"},
    "voc": {"a.xml": FORMATS["voc"].files["a.xml"].replace(b"<xmax>3", b"<xmax>inf"), "b.xml": FORMATS["voc"].files["b.xml"]},
    "coco": {"a.json": FORMATS["coco"].files["a.json"].replace(b"[1, 2, 3, 4]", b"[1, 2, 3, " + b"9" * 400 + b"]")},
}


@pytest.mark.parametrize("name", HUGE)
def test_a_coordinate_that_is_no_finite_number_is_refused(name: str, tmp_path: Path) -> None:
    rows, bad = read(put(tmp_path / "raw", HUGE[name]), name)
    assert {one.file for one in bad} == {min(HUGE[name])}
    assert all(abs(box["xmax"]) < 10 for row in rows for box in row["boxes"])


@pytest.mark.parametrize("column", ["_id", "_file", "_row", "_key"])
def test_a_column_with_a_name_of_ours_is_refused_until_it_is_renamed(column: str, tmp_path: Path) -> None:
    folder = put(tmp_path / "raw", {"a.csv": f"id,{column}\n1,x\n".encode()})
    engine, source = Local(1), Source("shop")
    with pytest.raises(BadRecords, match=f"a.csv has a column '{column}', a name that dsv needs itself"):
        deliver.parse(engine, folder, ["a.csv"], source)
    parsed = deliver.parse(engine, folder, ["a.csv"], replace(source, rename={column: "other"}))
    assert parsed.frame.select("id", "other", "_file", "_row").rows() == [("1", "x", "a.csv", 1)]


def test_a_format_of_one_module_and_one_line_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.FORMATS, "lines", "tests.contract.lines")
    monkeypatch.setitem(registry.SUFFIXES, ".lines", "lines")
    folder = put(tmp_path / "raw", {"a.lines": b"one\ntwo\n"})
    parsed = deliver.parse(Local(1), folder, ["a.lines"], Source("shop"))
    assert parsed.frame.select("text", "_file", "_row").rows() == [("one", "a.lines", 1), ("two", "a.lines", 2)]
