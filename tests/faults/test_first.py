"""The first delivery of a source: types that fit all of it, and what a run would refuse is refused before anything is copied."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

import dsv
from dsv.formats import registry
from dsv.formats.base import REASON, ReadSpec
from dsv.ops.delivery import Delivery
from dsv.record import yaml12
from dsv.runner.ingest import sample
from tests.conftest import Project

NEW = ("--source", "s", "--license", "MIT")


def _types(folder: Path, **files: str) -> dict[str, str]:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    names = sorted(path.name for path in folder.iterdir())
    return sample.look(registry.tasks(folder, names, None, ReadSpec())).types


@pytest.mark.parametrize(
    ("one", "two", "kind"),
    [
        ("1", "1.5", "float"),
        ("1", "x", None),
        ("1", "007", None),
        ("9007199254740993", "0.5", None),
        ("9007199254740993", "1", "int"),
        ("12345678901234567890", "1", None),
        ("2024-01-01", "2024-01-02", "date"),
        ("2024-01-01", "2024-01-01 10:00:00", "datetime"),
        ("2024-01-01 00:00:00", "2024-01-02 00:00:00", "datetime"),
        ("2024-01-01T00:00:00Z", "2024-01-02", "datetime"),
        ("0001-01-01", "", "date"),
        ("true", "False", "bool"),
        ("true", "1", None),
        ("", "1", "int"),
        ("", "", None),
    ],
)
def test_every_file_has_a_say_in_a_type(one: str, two: str, kind: str | None, tmp_path: Path) -> None:
    found = _types(tmp_path, a_csv=f"id,x\n1,{one}\n", b_csv=f"x,id\n{two},2\n")
    assert found == ({"id": "int"} if kind is None else {"id": "int", "x": kind})


def test_every_row_has_a_say_in_a_type(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i}\n" for i in range(20_000))
    assert _types(tmp_path, a_csv=f"id,n\n{rows}20000,1.5\n") == {"id": "int", "n": "float"}


def test_strings_of_json_are_dates_or_stay_what_they_are(tmp_path: Path) -> None:
    rows = [{"n": "1", "at": "2024-01-01", "late": None}] * 1_100 + [{"n": "2", "at": "2024-01-01T10:00", "late": "2024-01-01"}]
    assert _types(tmp_path, a_jsonl="".join(json.dumps(row) + "\n" for row in rows)) == {"at": "datetime", "late": "date"}


def test_text_of_one_format_beside_values_of_another(tmp_path: Path) -> None:
    found = _types(tmp_path, a_csv="id,x,y\n1,1,1\n", b_jsonl='{"id": 2, "x": "a", "y": 1.5}\n')
    assert found == {"id": "int", "y": "float"}


def test_no_row_of_the_first_delivery_is_quarantined_by_an_inferred_type(project: Project) -> None:
    one = project.write("a.csv", "id,ts,n\n1,2024-01-01 00:00:00,1\n")
    two = project.write("b.csv", "id,ts,n\n3,2024-01-01 10:00:00,1.5\n")
    dsv.add([one, two], "s", license="MIT", key="id", path=project.root)
    dsv.run(path=project.root)
    shown = dsv.show(".", path=project.root)
    assert (shown["records"], shown["quarantined"]) == (2, 0)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--key", "nope"], "error: --key nope: no file of the delivery has such a column; there are id, label, text."),
        (["--key", "lable"], "error: --key lable: no file of the delivery has such a column; did you mean label? There are id, label, text."),
        (["--key", "nope", "--types", "string"], "error: --key nope: no file of the delivery has such a column; there are id, label, text."),
    ],
)
def test_a_column_that_no_file_has_is_refused_with_nothing_copied(project: Project, more: list[str], message: str) -> None:
    path = project.write("a.csv", "id,text,label\n1,a,x\n")
    before = (project.root / "params.yaml").read_bytes()
    assert project.dsv("add", str(path), *NEW, *more, code=2).err.splitlines()[0] == message
    assert not list((project.root / "data" / "raw").rglob("*.csv"))
    assert (project.root / "params.yaml").read_bytes() == before
    project.dsv("add", str(path), *NEW, "--key", "id")


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", "_id,id,x\ns/1,1,a\n"), ("a.jsonl", '{"_id": "s/1", "id": 1, "x": "a"}\n')]
)
def test_an_export_is_refused_with_the_command_that_takes_it(project: Project, name: str, text: str) -> None:
    refused = project.dsv("add", str(project.write(name, text)), *NEW, code=2).err.splitlines()
    assert refused[0] == "error: The delivery has a column '_id', a name that dsv needs itself."
    project.dsv(*shlex.split(refused[1].removeprefix("hint: dsv ")))
    project.dsv("run")
    assert dsv.load(".", path=project.root).to_polars()["origin"].to_list() == ["s/1"]


def test_a_known_source_is_not_given_columns_that_dsv_needs(project: Project) -> None:
    project.dsv("add", str(project.write("a.csv", "id,x\n1,a\n")), *NEW)
    refused = project.dsv("add", str(project.write("b.csv", "_id,id,x\ns/1,1,a\n")), "--source", "s", code=2).err
    assert 'hint: in params.yaml, below sources.s: `rename: {"_id": other}`' in refused


def test_a_folder_of_media_is_media(project: Project) -> None:
    folder = project.write("imgs/a.png", "no image").parent
    told = project.dsv("add", str(folder), *NEW).err
    assert "Nothing but media files: taken for a source of kind media" in told
    assert yaml12.mapping((project.root / "params.yaml").read_bytes(), "params.yaml")["sources"]["s"]["kind"] == "media"


def test_files_of_no_known_format_are_refused(project: Project) -> None:
    path = project.write("a.weird", "x")
    assert project.dsv("add", str(path), *NEW, code=2).err.splitlines() == [
        "error: No format is known for a.weird; there are csv, tsv, json, jsonl, parquet, media, voc, coco, yolo.",
        f"hint: dsv add {path} --source s --format csv --license MIT",
    ]


def test_a_key_is_no_decimal_number(project: Project) -> None:
    added = dsv.add(project.write("a.csv", "id,x\n1,1\n1.5,2.5\n"), "s", license="MIT", key="id", path=project.root)
    assert added.columns == {"x": "float"}


def test_a_rename_without_a_new_name_is_refused(project: Project) -> None:
    assert "'id' is no OLD=NEW." in project.dsv("add", "a.csv", *NEW, "--rename", "id", code=2).err


def test_a_command_says_all_that_a_delivery_does() -> None:
    told = Delivery([Path("a b.csv")], "s", key=["x", "y"], names=["x", "y,z"], rename={"a": "b"}, license="MIT", snapshot=True, types="string", how="move")
    assert told.command() == "dsv add 'a b.csv' --source s --license MIT --key x --key y --names 'x,\"y,z\"' --rename a=b --snapshot --types=string --move"


def test_a_reason_is_short_and_holds_no_data(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8" + b"secret" * 10_000)
    (tmp_path / "b.csv").write_bytes(b"a," + b"x" * 10_000 + b',b,a\n1,2,3,4\n')
    found = [bad for name, form in (("a.jpg", "coco"), ("b.csv", None), ("a.jpg", "json")) for task in registry.tasks(tmp_path, [name], form, ReadSpec()) for chunk in registry.read(task) for bad in chunk.bad]
    assert [bad.reason for bad in found if bad.file == "a.jpg"] == ["no COCO instances: not UTF-8 at byte 0", "no JSON: not UTF-8 at byte 0"]
    assert all(len(bad.reason) <= REASON for bad in found)
