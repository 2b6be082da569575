"""What is kept with a project, but is no part of a version; and what git's own commands did to one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import dsv
from dsv.dvcio import config
from tests.conftest import Project
from tests.faults.conftest import Tell

SETTINGS = (".dvc/config", ".dvcignore", ".gitattributes")


def _later(shop: Project, tell: Tell) -> dict[str, bytes]:
    """Adds a remote, what `dsv install` writes, and a pattern; the files as they are then."""
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "team", "../remote"], cwd=shop.root, check=True)
    (shop.root / ".dvcignore").write_text("*.log\n", encoding="utf-8")
    assert tell(shop, "install", "diff").code == 0
    return {name: (shop.root / name).read_bytes() for name in SETTINGS}


@pytest.mark.parametrize("committed", [True, False])
def test_a_checkout_leaves_settings_as_they_are(shop: Project, tell: Tell, committed: bool) -> None:
    kept = _later(shop, tell)
    if committed:
        assert tell(shop, "commit", "-m", "settings").code == 0
    assert tell(shop, "checkout", "v1.0.0").code == 0
    assert {name: (shop.root / name).read_bytes() for name in SETTINGS} == kept
    assert config.default_remote(shop.root) == "team"


def test_a_checkout_puts_back_settings_that_are_gone(shop: Project, tell: Tell) -> None:
    (shop.root / ".dvcignore").unlink()
    assert tell(shop, "checkout", "v1.0.0").code == 0
    assert (shop.root / ".dvcignore").exists()


def test_a_folder_has_the_settings_of_its_version(shop: Project, tell: Tell, tmp_path: Path) -> None:
    _later(shop, tell)
    assert tell(shop, "commit", "-m", "settings").code == 0
    assert tell(shop, "checkout", "v1.0.0", "-o", str(tmp_path / "old")).code == 0
    assert config.default_remote(tmp_path / "old") is None


@pytest.fixture
def second(shop: Project, tell: Tell) -> Project:
    """The shop with another delivery, b2."""
    assert tell(shop, "add", str(shop.write("b.csv", "id,x\n4,d\n")), "--source", "shop", "--batch", "b2").code == 0
    assert tell(shop, "run").code == 0
    assert tell(shop, "commit", "-m", "two").code == 0
    return shop


def _edit(project: Project, old: str, new: str) -> None:
    path = project.root / "params.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_delivery_that_git_removed_is_committed_as_removed(second: Project, tell: Tell) -> None:
    _edit(second, "batches: [b1, b2]", "batches: [b1]")
    second.git("rm", "-q", "data/raw/shop/b2.dvc")
    assert tell(second, "run").code == 0
    assert tell(second, "commit", "-m", "without b2").err == ""
    assert tell(second, "status").out == "Up to date; everything is committed.\n"
    assert second.git("ls-files", "data/raw") == "data/raw/shop/.gitignore\ndata/raw/shop/b1.dvc\n"


def test_a_source_that_git_moved_is_committed_where_it_is(second: Project, tell: Tell) -> None:
    _edit(second, "  shop:", "  store:")
    second.git("mv", "data/raw/shop", "data/raw/store")
    assert tell(second, "run").code == 0
    assert tell(second, "commit", "-m", "renamed").err == ""
    assert tell(second, "status").out == "Up to date; everything is committed.\n"
    assert "data/raw/store/b1.dvc" in second.git("ls-files", "data/raw").splitlines()


def _old(shop: Project, tell: Tell, tmp_path: Path) -> Project:
    """A folder of v1.0.0 that was moved to where its project is no more."""
    assert tell(shop, "checkout", "v1.0.0", "-o", str(tmp_path / "old")).code == 0
    (tmp_path / "old").rename(tmp_path / "moved")
    shop.root.rename(tmp_path / "gone")
    return Project(tmp_path / "moved")


@pytest.mark.parametrize(
    "args", [["export", ".", "-o", "../x", "--format", "csv"], ["why", "shop/1", "."]], ids=["export", "why"]
)
def test_a_folder_of_a_version_is_read_wherever_it_is(
    shop: Project, tell: Tell, tmp_path: Path, args: list[str]
) -> None:
    old = _old(shop, tell, tmp_path)
    assert tell(old, *args).err == ""
    assert dsv.load(".", path=old.root).root == dsv.load("v1.0.0", path=tmp_path / "gone").root
    assert not (old.root / ".dvc" / "config.local").exists()


def test_of_a_folder_only_what_is_as_it_was_pinned_is_read(shop: Project, tell: Tell, tmp_path: Path) -> None:
    old = _old(shop, tell, tmp_path)
    file = next(path for path in (old.root / "data" / "records").rglob("*") if path.is_file())
    file.chmod(0o644)
    file.write_bytes(b"edited")
    told = tell(old, "export", ".", "-o", "../x", "--format", "csv")
    assert told.code == 13
    assert " objects of the workspace are not in the cache: " in told.err
