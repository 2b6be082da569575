"""Deliveries that are no plain files, or have odd names: refused in so many words, or taken in whole. Nothing is lost."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import zlib
from pathlib import Path

import polars as pl
import pytest

import dsv
from dsv.store.objects import file_md5
from tests.conftest import Project
from tests.faults.conftest import Tell
from tests.faults.dies import dies

NEW = ("--source", "s", "--batch", "b", "--license", "MIT")
ROWS = "id,x\n9,a\n"


def _broken(folder: Path) -> None:
    (folder / "a.csv").symlink_to("nowhere")


def _loop(folder: Path) -> None:
    (folder / "a.csv").symlink_to("a.csv")


def _outside(folder: Path) -> None:
    secret = folder.parent / "secret.csv"
    secret.write_text(ROWS, encoding="utf-8")
    (folder / "a.csv").symlink_to("../secret.csv")


def _folder_outside(folder: Path) -> None:
    (folder / "a").symlink_to("/etc")


def _repository(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / "a.csv").write_text(ROWS, encoding="utf-8")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "a.csv")


def _bytes(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.csv")).write_text(ROWS, encoding="utf-8")


def _compiled(folder: Path) -> None:
    (folder / "a.csv").write_text(ROWS, encoding="utf-8")
    (folder / "b.pyc").write_text("x", encoding="utf-8")


def _nothing(folder: Path) -> None:
    (folder / "inner").mkdir()


LINK = "{}/a.csv is a link to a folder or to nothing; deliver what it points to."
REFUSED = {
    _broken: LINK,
    _loop: LINK,
    _outside: "{}/a.csv is a link that leaves the delivery; deliver what it points to.",
    _folder_outside: "{}/a is a link to a folder or to nothing; deliver what it points to.",
    _repository: "{}/.git is not tracked by DVC; deliver the files without it.",
    _pipe: "{}/a.csv is no file but a pipe, a socket or a device.",
    _bytes: "The name of b'{}/\\xff.csv' is not UTF-8; rename it.",
    _compiled: ".dvcignore ignores b.pyc, so DVC would not track it.\nhint: deliver without it, or edit .dvcignore",
    _nothing: "The delivery holds no file.",
}  # fmt: skip


@pytest.mark.parametrize("make", REFUSED)
def test_what_is_no_plain_file_is_refused_and_leaves_nothing_behind(
    shop: Project, tell: Tell, incoming: Path, make: object
) -> None:
    make(incoming)
    assert tell(shop, "add", str(incoming), *NEW) == (2, "", f"error: {REFUSED[make].format(incoming)}\n")
    assert not (shop.root / "data" / "raw" / "s").exists()
    assert shop.git("status", "--short") == ""


PATHS = {
    "nowhere": "There is no nowhere.",
    "/dev/zero": "/dev/zero is no file but a pipe, a socket or a device.",
    ".": ". holds the project itself.",
    "": ". holds the project itself.",
    "..": ".. holds the project itself.",
    "data": "data holds the project itself.",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_no_delivery_is_refused(shop: Project, tell: Tell, path: str) -> None:
    assert tell(shop, "add", path, *NEW) == (2, "", f"error: {PATHS[path]}\n")
    assert shop.git("status", "--short") == ""


NAME = (
    "a name of letters, digits, '.', '_' and '-', first a letter or digit, last no '.', '.dvc' or '.lock', is wanted."
)


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "a.dvc", "a..b", "-x", "$(x)", "ü", "a\nb"])
@pytest.mark.parametrize("what", ["source", "batch"])
def test_a_name_that_leads_out_of_the_folder_is_refused(shop: Project, tell: Tell, what: str, name: str) -> None:
    named = {"source": "s", "batch": "b", what: name}
    told = tell(shop, "add", str(shop.write("n.csv", ROWS)), f"--source={named['source']}", f"--batch={named['batch']}", "--license", "MIT")  # fmt: skip
    assert told == (2, "", f"error: {name!r} is no name for a {what}; {NAME}\n")


def test_files_that_lie_where_the_delivery_goes_stay(shop: Project, tell: Tell) -> None:
    folder = shop.root / "data" / "raw" / "s" / "b"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(ROWS, encoding="utf-8")
    assert tell(shop, "add", "data/raw/s/b", *NEW).err == (
        "error: data/raw/s/b lies where the delivery goes; move it elsewhere first.\n"
    )
    assert tell(shop, "add", str(shop.write("n.csv", ROWS)), *NEW).err == (
        f"error: {folder} is there, and no delivery; move it elsewhere first.\n"
    )
    assert (folder / "a.csv").read_text(encoding="utf-8") == ROWS


def test_two_branches_may_each_have_a_delivery_of_one_name(shop: Project, tell: Tell) -> None:
    """git leaves the folder of the other branch where it is; what it holds is in the cache."""
    roots = {}
    for branch in ("one", "two"):
        shop.git("checkout", "-q", "-b", branch, "reviews@v1.0.0")
        for key in (4, 5):
            assert tell(shop, "add", str(shop.write("n.csv", f"id,x\n{key},{branch}\n")), "--source", "shop", "-q").code == 0
        assert [tell(shop, *args).code for args in (["run"], ["commit", "-m", branch])] == [0, 0]
        assert dsv.load(".", path=shop.root).frame["x"].to_list() == ["a", "b", "c", branch, branch]
        roots[branch] = dsv.show(path=shop.root)["root"]
    for branch in roots:
        shop.git("checkout", "-q", branch)
        assert tell(shop, "run", "-q").code == 0
        assert dsv.show(".", path=shop.root)["root"] == roots[branch]


def test_another_branchs_delivery_that_is_not_stored_stays(shop: Project, tell: Tell) -> None:
    shop.git("checkout", "-q", "-b", "one")
    tell(shop, "add", str(shop.write("n.csv", "id,x\n4,one\n")), "--source", "shop", "-q")
    assert [tell(shop, *args).code for args in (["run"], ["commit", "-m", "one"])] == [0, 0]
    shop.git("checkout", "-q", "reviews@v1.0.0")
    folder = shop.root / "data" / "raw" / "shop" / "0002"
    oid = file_md5(folder / "n.csv")
    (shop.root / ".dvc" / "cache" / "files" / "md5" / oid[:2] / oid[2:]).unlink()
    told = tell(shop, "add", str(shop.write("m.csv", "id,x\n4,two\n")), "--source", "shop")
    assert told == (2, "", f"error: {folder} is there, and no delivery; move it elsewhere first.\n")
    assert (folder / "n.csv").read_text(encoding="utf-8") == "id,x\n4,one\n"


ABOUT = {
    "--kind annotations": (
        "The source 'votes' is new and of annotations; it needs --item, --of, --value.\nhint: --item: the column that names the annotated"
        " record; --of: the source of the annotated records; --value: the column of the annotation"
    ),
    "--item id --of shop": "The source 'votes' is new and of annotations; it needs --value.\nhint: --value: the column of the annotation",
    "--item id --of shpo --value x": "--of shpo: no source of records or media is called so; did you mean shop?\nhint: sources: shop",
    "--value x --annotator w": "--value, --annotator: only annotations have this, the kind is records.\nhint: --kind annotations",
    "--kind media --of shop": "--of: only annotations have this, the kind is media.\nhint: --kind annotations",
}


@pytest.mark.parametrize("flags", ABOUT)
def test_annotations_that_say_nothing_of_a_record_are_refused_before_they_are_copied(shop: Project, tell: Tell, flags: str) -> None:
    before = (shop.root / "params.yaml").read_bytes()
    path = shop.write("n.csv", ROWS)
    assert tell(shop, "add", str(path), "--source", "votes", "--license", "MIT", *flags.split()) == (2, "", f"error: {ABOUT[flags]}\n")
    assert ((shop.root / "params.yaml").read_bytes(), (shop.root / "data" / "raw" / "votes").exists()) == (before, False)


def test_a_source_that_params_refuse_leaves_no_delivery_behind(shop: Project, tell: Tell) -> None:
    path = shop.write("n.csv", ROWS)
    told = tell(shop, "add", str(path), *NEW, "--key", "id", "--key", "id", "--move")
    assert told.code == 10
    assert 'found "id" twice' in told.err
    assert path.exists()
    assert shop.git("status", "--short") == ""


@pytest.mark.parametrize(
    "last", [pytest.param("dsv.project.edit._write", marks=pytest.mark.long), "dsv.ops.add._track"]
)
def test_a_move_that_died_before_its_last_writes_is_done_again_without_loss(shop: Project, last: str) -> None:
    path = shop.write("n.csv", ROWS)
    module, _, name = last.rpartition(".")
    dies(shop, f"import {module} as last\nlast.{name} = lambda *_: os._exit(9)", "add", str(path), *NEW, "--move")
    shop.dsv("add", str(path), *NEW, "--move")
    assert (shop.root / "data" / "raw" / "s" / "b" / "n.csv").read_text(encoding="utf-8") == ROWS
    assert not path.exists()


ODD = [
    "a b.csv",
    "q'\"uote.csv",
    "$(touch pwned).csv",
    "ü—日本.csv",
    "new\nline.csv",
    "-rf.csv",
    "*.csv",
    "back\\slash.csv",
    "`x`.csv",
]


def test_odd_names_go_through_every_command(shop: Project, tell: Tell, incoming: Path) -> None:
    for number, name in enumerate(ODD):
        (incoming / name).write_text(f"id,x\nk{number},1\n", encoding="utf-8")
    for args in (["add", str(incoming), *NEW, "--key", "id"], ["run"], ["commit", "-m", "odd"], ["verify"]):
        assert tell(shop, *args).code == 0, args
    (shop.root / "data" / "raw" / "s" / "b" / "new\nline.csv").unlink()
    assert tell(shop, "checkout", "HEAD").code == 0
    assert sorted(path.name for path in (shop.root / "data" / "raw" / "s" / "b").iterdir()) == sorted(ODD)
    assert not list(shop.root.rglob("pwned"))
    assert shop.git("status", "--short") == ""


def _bomb(path: Path) -> None:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"\0" * 999)) + part(b"IEND", b"")
    )


def test_files_without_a_record_are_in_quarantine_and_the_run_goes_on(
    shop: Project, tell: Tell, incoming: Path
) -> None:
    for name in ("zero.csv", "zero.json", "zero.jsonl", "zero.parquet"):
        (incoming / name).touch()
    (incoming / "header.csv").write_text("id,x\n", encoding="utf-8")
    (incoming / "huge.csv").write_text(f"id,x\nbig,{'y' * 5_000_000}\n", encoding="utf-8")
    assert tell(shop, "add", str(incoming), *NEW, "--key", "id").code == 0
    assert tell(shop, "run").code == 0
    bad = pl.read_parquet(shop.root / "data" / "quarantine" / "s" / "b.parquet")
    assert bad["file"].to_list() == ["zero.csv", "zero.json", "zero.jsonl", "zero.parquet"]
    assert tell(shop, "show", ".").out.splitlines()[2] == "records 4, 4 in quarantine"


@pytest.mark.long
def test_a_picture_that_claims_to_be_huge_is_not_decoded(shop: Project, tell: Tell, incoming: Path) -> None:
    _bomb(incoming / "bomb.png")
    assert tell(shop, "add", str(incoming), *NEW, "--kind", "media").code == 0
    assert tell(shop, "run").code == 0
    (shard,) = (shop.root / "data" / "records" / "s" / "b").iterdir()
    row = pl.read_parquet(shard).row(0, named=True)
    assert (row["decoded"], row["decode_error"]) == (False, "more than 178956970 pixels")


def test_two_files_of_one_name_are_refused(shop: Project, tell: Tell, incoming: Path) -> None:
    (incoming / "n.csv").write_text(ROWS, encoding="utf-8")
    told = tell(shop, "add", str(incoming), str(shop.write("n.csv", ROWS)), *NEW)
    assert told == (2, "", "error: Two files of the delivery are called 'n.csv'.\n")
    assert shop.git("status", "--short") == ""


@pytest.mark.parametrize("how", [(), ("--link",), ("--move",)], ids=str)
def test_dvc_finds_a_delivery_up_to_date(shop: Project, incoming: Path, how: tuple[str, ...]) -> None:
    (incoming / "in ner").mkdir()
    for name in ("a.csv", "b.csv", "in ner/a.csv"):
        (incoming / name).write_text(ROWS, encoding="utf-8")
    (incoming / "in ner" / "link.csv").symlink_to("a.csv")
    shop.dsv("add", str(incoming), *NEW, *how)
    done = subprocess.run(["dvc", "status", "data/raw/s/b.dvc"], cwd=shop.root, capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "Data and pipelines are up to date.\n"
    assert not (shop.root / "data" / "raw" / "s" / "b" / "in ner" / "link.csv").is_symlink()


def test_values_that_have_no_type_in_common_are_told_as_their_json(shop: Project, tell: Tell, incoming: Path) -> None:
    lines = {"b1/a": {"id": 1, "v": [1]}, "b1/b": {"id": 2, "v": "x"}, "b2/a": {"id": 3, "v": {"k": 2}}, "b2/b": {"id": 4, "v": None}}
    for name, line in lines.items():
        (incoming / name).parent.mkdir(exist_ok=True)
        (incoming / f"{name}.jsonl").write_text(json.dumps(line), encoding="utf-8")
    assert tell(shop, "add", str(incoming / "b1"), "--source", "s", "--batch", "b1", "--key", "id", "--license", "MIT").code == 0
    assert tell(shop, "add", str(incoming / "b2"), "--source", "s", "--batch", "b2").code == 0
    assert tell(shop, "run", "-q") == (0, "", "")
    found = dsv.load(".", path=shop.root).to_polars().filter(pl.col("_id").str.starts_with("s/")).sort("_id")
    assert found["v"].to_list() == ["[1]", "x", '{"k": 2}', None]
    assert tell(shop, "export", ".", "-o", "out", "-f", "jsonl").code == 0
    told = [json.loads(line) for path in (shop.root / "out").rglob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    assert {one["_id"]: one.get("v") for one in told if one["_id"].startswith("s/")} == {"s/1": "[1]", "s/2": "x", "s/3": '{"k": 2}', "s/4": None}


def test_objects_without_a_key_are_told_as_their_json(shop: Project, tell: Tell, incoming: Path) -> None:
    lines = [{"id": 1, "v": {}, "w": [{}], "x": {"a": {}}, "y": {}}, {"id": 2, "v": None, "w": [], "x": {"a": None}, "y": {"b": 1}}]
    (incoming / "a.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    assert tell(shop, "add", str(incoming), *NEW, "--key", "id").code == 0
    assert tell(shop, "run", "-q") == (0, "", "")
    found = dsv.load(".", path=shop.root).to_polars().filter(pl.col("_id").str.starts_with("s/")).sort("_id")
    assert found.select("v", "w", "x", "y").rows() == [("{}", "[{}]", '{"a": {}}', {"b": None}), (None, "[]", '{"a": null}', {"b": 1})]
