"""What a person put into or changed in the folder of a delivery is nowhere else: checkout leaves it there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

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
