"""Files of the project that were damaged, cut, merged badly or deleted: told by name, or built again; never a traceback."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest

import dsv
from dsv.dvcio import lock
from dsv.store.objects import Store, file_md5
from tests.conftest import Project
from tests.faults.conftest import Tell

CONFLICT = "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n"
SHAPE = "stages:\n  ingest: 3\nouts: 3\ningest: 5\n"
LIGHT = (["status"], ["log"], ["show"], ["show", "."], ["diff", "--stat"])
OWN = ("params.yaml", "dvc.yaml", "dvc.lock", ".dsv/sig.yaml", "reports/audit.json", "reports/ingest.json", "data/raw/shop/b1.dvc", ".dvc/config")  # fmt: skip
DAMAGE = {
    "empty": lambda text: "",
    "half": lambda text: text[: len(text) // 2],
    "conflict": lambda text: CONFLICT + text,
    "scalar": lambda text: "hello\n",
    "list": lambda text: "- 1\n- 2\n",
    "shape": lambda text: SHAPE,
    "tabs": lambda text: "a:\n\t- b\n" + text,
    "binary": lambda text: "\udcff\udcfe\x00",
    "gone": None,
    "folder": None,
}


def _damage(project: Project, name: str, how: str) -> Path:
    path = project.root / name
    change, text = DAMAGE[how], path.read_text(encoding="utf-8")
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif change is not None:
        path.write_text(change(text), encoding="utf-8", errors="surrogateescape")
    return path


def _short(name: str, how: str, *hows: str) -> Any:
    return pytest.param(name, how, marks=() if how in hows else pytest.mark.long)


@pytest.mark.parametrize(("name", "how"), [_short(*one, "conflict", "shape") for one in itertools.product(OWN, DAMAGE)])
def test_a_command_that_reads_says_what_is_wrong_in_at_most_two_lines(
    shop: Project, tell: Tell, name: str, how: str
) -> None:
    _damage(shop, name, how)
    for args in LIGHT:
        done = tell(shop, *args)
        assert done.code in (0, 10, 11, 12), (args, done)
        assert len(done.err.splitlines()) <= 2, (args, done)


TOLD = {
    ("dvc.lock", "conflict"): "dvc.lock: a merge conflict in line 1\nhint: dsv resolve",
    ("dvc.lock", "scalar"): "dvc.lock is no mapping.\nhint: git checkout -- dvc.lock",
    ("dvc.lock", "shape"): "dvc.lock: the stage ingest is not as DVC writes it.\nhint: git checkout -- dvc.lock",
    ("dvc.lock", "tabs"): (
        "dvc.lock: not valid YAML in line 2, column 1: found character that cannot start any token\n"
        "hint: git checkout -- dvc.lock"
    ),
    ("dvc.yaml", "conflict"): "dvc.yaml: a merge conflict in line 1\nhint: dsv resolve",
    ("dvc.yaml", "list"): "dvc.yaml is no mapping.\nhint: git checkout -- dvc.yaml",
    ("params.yaml", "conflict"): "params.yaml: a merge conflict in line 1\nhint: dsv resolve",
    ("params.yaml", "scalar"): "params.yaml is no mapping.\nhint: edit params.yaml",
    (".dsv/sig.yaml", "conflict"): ".dsv/sig.yaml: a merge conflict in line 1\nhint: dsv resolve",
    ("data/raw/shop/b1.dvc", "shape"): (
        "data/raw/shop/b1.dvc is not as DVC writes it.\nhint: git checkout -- data/raw/shop/b1.dvc"
    ),
}


@pytest.mark.parametrize(("name", "how"), TOLD)
def test_status_names_the_file_that_cannot_be_read(shop: Project, tell: Tell, name: str, how: str) -> None:
    _damage(shop, name, how)
    assert tell(shop, "status") == (10, "", f"error: {TOLD[name, how]}\n")


@pytest.mark.parametrize("name", ["reports/audit.json", "reports/ingest.json"])
def test_a_damaged_report_is_told_by_name(shop: Project, tell: Tell, name: str) -> None:
    _damage(shop, name, "empty")
    assert tell(shop, "show", ".") == (
        10, "", f"error: {name} is not valid JSON: Expecting value: line 1 column 1 (char 0).\nhint: dsv run\n"
    )  # fmt: skip


def test_a_broken_configuration_of_dvc_is_told_by_name(shop: Project, tell: Tell) -> None:
    _damage(shop, ".dvc/config", "scalar")
    told = tell(shop, "verify")
    assert (told.code, told.err.splitlines()[-1]) == (10, "hint: mend .dvc/config")
    assert told.err.startswith("error: .dvc/config is no configuration of DVC: File contains no section headers.")


WRITTEN = ("dvc.yaml", "dvc.lock", ".dsv/sig.yaml", "reports/audit.json", "data/ingest/manifest.json")


@pytest.mark.parametrize(
    ("name", "how"),
    [_short(name, how, "empty" if name == "dvc.lock" else "gone") for name in WRITTEN for how in ("gone", "empty")],
)
def test_what_a_run_wrote_a_run_writes_again(shop: Project, tell: Tell, name: str, how: str) -> None:
    _damage(shop, name, how)
    assert tell(shop, "run", "-q") == (0, "", "")
    assert tell(shop, "status").out == "Up to date; everything is committed.\n"


@pytest.mark.parametrize("name", ["reports/audit.json", ".dsv/sig.yaml"])
@pytest.mark.parametrize("how", ["half", "gone"])
def test_what_a_run_wrote_is_not_committed_otherwise(shop: Project, tell: Tell, name: str, how: str) -> None:
    _damage(shop, name, how)
    told = tell(shop, "commit", "-m", "two")
    assert told.code == 10
    assert told.err.endswith("A version is committed as it was built.\nhint: dsv run\n")


def test_a_version_that_was_committed_with_a_broken_report_hides_no_other(shop: Project, tell: Tell) -> None:
    (shop.root / "reports" / "audit.json").write_text(CONFLICT, encoding="utf-8")
    with (shop.root / "dvc.lock").open("a", encoding="utf-8") as file:
        file.write("# touched\n")
    shop.git("commit", "-qam", "by hand")
    lines = tell(shop, "log", "--oneline").out.splitlines()
    assert [line.split()[-1] for line in lines] == ["hand", "one"]


def test_a_table_of_locks_that_a_kill_left_empty_is_no_obstacle(shop: Project, tell: Tell) -> None:
    (shop.root / ".dvc" / "tmp" / "rwlock").write_text("", encoding="utf-8")
    assert tell(shop, "run", "-q") == (0, "", "")


def test_a_run_changes_no_file_when_nothing_changed(shop: Project, tell: Tell) -> None:
    assert tell(shop, "run", "-q").code == 0
    assert shop.git("status", "--short") == ""


UNREAD = {
    "checkout": ["checkout", "HEAD", "-o", "../there"],
    "reproduce": ["reproduce", "HEAD", "-o", "../there"],
    "rebuild": ["reproduce", "HEAD", "--rebuild"],
    "run": ["run"],
}


@pytest.mark.parametrize("what", UNREAD)
def test_a_damaged_delivery_is_never_put_in_place(shop: Project, tell: Tell, what: str) -> None:
    folder = shop.root / "data" / "raw" / "shop" / "b1"
    file = next(folder.iterdir())
    oid = file_md5(file)
    shutil.rmtree(folder)
    stored = shop.root / ".dvc" / "cache" / "files" / "md5" / oid[:2] / oid[2:]
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"1", b"7"))
    stored.chmod(0o444)
    done = tell(shop, *UNREAD[what])
    assert (done.code, done.out) == (13, "")
    assert done.err == f"error: The object {stored} does not match its hash.\nhint: dsv verify --heal {'.' if what == 'run' else 'HEAD'}\n"
    assert not folder.exists()
    assert not (shop.root.parent / "there").exists()


def _object(project: Project, out: str, name: str | None) -> Path:
    """The stored listing of an output of the last run, or a file of it."""
    store = Store(project.root / ".dvc" / "cache")
    stages = lock.parse(*((project.root / file).read_bytes() for file in ("dvc.lock", "dvc.yaml")))
    oid = next(one.oid for stage in stages.values() for one in stage.outs if one.path == out)
    return store.path(oid if name is None else next(md5 for relative, md5 in store.tree(oid).items() if relative.endswith(name)))


OUTS = {"listing": ("data/ingest", None), "manifest": ("data/split", "manifest.json"), "records": ("data/records", ".parquet"), "splits": ("data/split", ".parquet")}


@pytest.mark.parametrize("what", OUTS)
@pytest.mark.parametrize("left", [0, 40])
def test_what_is_damaged_of_the_run_before_is_built_again(shop: Project, tell: Tell, what: str, left: int) -> None:
    """As a lost power supply leaves it, and with no remote to fetch it from."""
    stored = _object(shop, *OUTS[what])
    whole = stored.read_bytes()
    stored.chmod(0o644)
    stored.write_bytes(whole[:left])
    stored.chmod(0o444)
    path = shop.write("b.csv", "id,x\n4,d\n")
    assert tell(shop, "add", str(path), "--source", "shop", "-q").code == 0
    assert tell(shop, "run", "-q") == (0, "", "")
    assert tell(shop, "verify", ".").code == 0
    assert dsv.load(".", path=shop.root).frame["x"].to_list() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("gone", [False, True], ids=["there", "gone"])
@pytest.mark.parametrize("what", OUTS)
def test_what_is_damaged_is_built_again_though_nothing_changed(shop: Project, tell: Tell, what: str, gone: bool) -> None:
    """The folder is there as it was, or DVC would put it back from its cache."""
    _cut(_object(shop, *OUTS[what]))
    if gone:
        shutil.rmtree(shop.root / OUTS[what][0])
    assert tell(shop, "run", "-q") == (0, "", "")
    assert tell(shop, "verify", ".").code == 0
    assert tell(shop, "status").out == "Up to date; everything is committed.\n"


def test_what_an_earlier_run_left_damaged_is_not_put_back(shop: Project, tell: Tell) -> None:
    """DVC knows what a stage made of these params before."""
    stored, params = _object(shop, *OUTS["manifest"]), (shop.root / "params.yaml").read_text(encoding="utf-8")
    shop.params(split={"fractions": {"train": 1.0}})
    assert tell(shop, "run", "-q").code == 0
    _cut(stored)
    (shop.root / "params.yaml").write_text(params, encoding="utf-8")
    assert tell(shop, "run", "-q") == (0, "", "")
    assert tell(shop, "verify", ".").code == 0
    assert tell(shop, "status").out == "Up to date; everything is committed.\n"


def _cut(stored: Path) -> None:
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes()[:40])
    stored.chmod(0o444)
