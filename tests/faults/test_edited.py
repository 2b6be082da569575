"""What a person put into or changed in the folder of a delivery is nowhere else: checkout leaves it there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import dsv
from dsv.project import delivered as delivered_files
from tests.conftest import Project
from tests.faults.conftest import Tell

OLD = "id,x\n1,a\n2,b\n3,c\n"


@pytest.fixture
def delivered(shop: Project) -> Path:
    return shop.root / "data" / "raw" / "shop" / "b1"


def _changed(folder: Path) -> None:
    (folder / "a.csv").unlink()
    (folder / "a.csv").write_text(OLD.replace("b", "B"), encoding="utf-8")


def _more(folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "new.csv").write_text(OLD, encoding="utf-8")


def _linked(folder: Path) -> None:
    (folder / "link.csv").symlink_to("a.csv")


@pytest.mark.parametrize(("edit", "name"), [(_changed, "a.csv"), (_more, "in/new.csv"), (_linked, "link.csv")])
@pytest.mark.parametrize("rev", ["v1.0.0", pytest.param("HEAD", marks=pytest.mark.long)])
def test_files_of_a_person_are_told_and_stay(
    shop: Project, tell: Tell, delivered: Path, edit: Callable[[Path], None], name: str, rev: str
) -> None:
    edit(delivered)
    before = {path: path.read_bytes() for path in delivered.rglob("*.csv")}
    assert tell(shop, "checkout", rev) == (10, "", (
        f"error: Not as `dsv add` took them: data/raw/shop/b1/{name}. They would be overwritten.\n"
        "hint: move them elsewhere (dsv add takes them as a delivery of their own), or dsv checkout REV -o DIR\n"
    ))  # fmt: skip
    assert {path: path.read_bytes() for path in delivered.rglob("*.csv")} == before


def _gone(folder: Path) -> None:
    (folder / "a.csv").unlink()


def _copied(folder: Path) -> None:
    _gone(folder)
    (folder / "a.csv").write_text(OLD, encoding="utf-8")


def _nothing(folder: Path) -> None:
    pass


@pytest.mark.parametrize("edit", [_nothing, _gone, _copied])
def test_what_the_cache_has_too_is_put_back(
    shop: Project, tell: Tell, delivered: Path, edit: Callable[[Path], None]
) -> None:
    edit(delivered)
    assert tell(shop, "checkout", "v1.0.0").code == 0
    assert (delivered / "a.csv").read_text(encoding="utf-8") == OLD


def _added(folder: Path) -> None:
    (folder / "new.csv").write_text(OLD, encoding="utf-8")


@pytest.mark.parametrize("edit", [_changed, _added, _linked])
def test_an_edited_delivery_is_out_of_date(
    shop: Project, tell: Tell, delivered: Path, edit: Callable[[Path], None]
) -> None:
    assert tell(shop, "status").out == "Up to date; everything is committed.\n"
    edit(delivered)
    assert tell(shop, "status").out.splitlines()[:2] == ["stale: ingest", "    data data/raw/shop/b1"]
    assert tell(shop, "commit", "-m", "two").code == 10
    if edit is not _linked:
        assert tell(shop, "run").code == 0
        assert tell(shop, "status").out.startswith("uncommitted: data/raw/shop/b1.dvc\nuncommitted: dvc.lock\n")


def test_a_touched_delivery_is_up_to_date(shop: Project, tell: Tell, delivered: Path) -> None:
    tell(shop, "status")
    (delivered / "a.csv").touch()
    assert tell(shop, "status").out == "Up to date; everything is committed.\n"


def test_files_are_read_once_to_know_that_they_are_the_same(
    shop: Project, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    own = delivered_files.folder_files
    monkeypatch.setattr(delivered_files, "folder_files", lambda folder: read.append(folder) or own(folder))
    for _ in range(3):
        tell(shop, "status")
    assert len(read) <= 1


def test_of_very_many_files_it_is_said_that_they_are_not_looked_at(
    shop: Project, tell: Tell, delivered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsv.ops.status.LOOKED", 0)
    _changed(delivered)
    assert tell(shop, "status").out.splitlines() == [
        "not looked at, too many files: data/raw/shop/b1 (dsv run does)", "Up to date; everything is committed.",
    ]  # fmt: skip
    assert tell(shop, "status", "--format", "json").json()["dsv.status/v1"]["unseen"] == ["data/raw/shop/b1"]
    # What is committed is looked at whole.
    assert tell(shop, "commit", "-m", "two").code == 10


def test_an_edit_that_went_through_the_link_into_the_cache_is_told_once(project: Project, tell: Tell) -> None:
    (project.root / ".dvc" / "config.local").write_text("[cache]\n    type = hardlink\n", encoding="utf-8")
    path = project.write("a.csv", OLD)
    project.dsv("add", str(path), "--source", "shop", "--batch", "b1", "--key", "id", "--license", "MIT")
    project.dsv("run")
    project.dsv("commit", "-m", "one", "--tag", "v1.0.0")
    file = project.root / "data" / "raw" / "shop" / "b1" / "a.csv"
    assert file.stat().st_nlink == 2
    file.chmod(0o644)
    file.write_text(OLD.replace("b", "B"), encoding="utf-8")
    assert tell(project, "status").out.splitlines()[:2] == ["stale: ingest", "    data data/raw/shop/b1"]
    done = tell(project, "run")
    assert (done.code, done.err) == (10, (
        "error: Edited in place, and the cache's copies with them: data/raw/shop/b1/a.csv. Versions that have them as they were lack them now.\n"
        "hint: dsv pull brings them back from the remote; dsv run takes them as they are\n"
    ))  # fmt: skip
    assert tell(project, "verify", "v1.0.0", "--format", "json").json()["dsv.verify/v1"]["corrupt"] == []
    assert tell(project, "run").code == 0
    assert dsv.load(path=project.root, columns=["x"]).to_polars()["x"].to_list() == ["a", "B", "c"]


def _february(shop: Project) -> Path:
    """A branch with a delivery that HEAD has not, checked out and left again."""
    shop.git("checkout", "-qb", "february")
    (shop.root / "new.csv").write_text(OLD.replace("1,", "9,"), encoding="utf-8")
    shop.dsv("add", "new.csv", "--source", "shop", "--batch", "b2", "--move")
    shop.dsv("run")
    shop.dsv("commit", "-m", "february")
    shop.git("checkout", "-q", "-")
    shop.dsv("checkout", "february")
    return shop.root / "data" / "raw" / "shop" / "b2"


def test_what_only_the_last_checkout_has_goes_with_the_next(shop: Project, tell: Tell) -> None:
    folder = _february(shop)
    assert folder.is_dir()
    assert tell(shop, "checkout", "HEAD").code == 0
    assert not folder.exists()
    assert not shop.git("status", "--porcelain")
    assert tell(shop, "status").out.startswith("Up to date")
    shop.git("checkout", "-q", "february")
    assert tell(shop, "checkout", "february").code == 0
    assert folder.is_dir()


def test_what_was_edited_of_the_last_checkout_stays(shop: Project, tell: Tell) -> None:
    folder = _february(shop)
    file = next(folder.iterdir())
    file.unlink()
    file.write_text("id,x\n7,mine\n", encoding="utf-8")
    assert tell(shop, "checkout", "HEAD").code == 0
    assert file.read_text(encoding="utf-8") == "id,x\n7,mine\n"
