from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dsv.store import hashed, linking
from dsv.store.objects import Store, Tree

NAMES = ("a.txt", "b/c d.txt", "b/ü—日本.txt", 'q"uote\\.txt', "new\nline", "z")


def _files(folder: Path) -> dict[str, hashed.Hashed]:
    for number, name in enumerate(NAMES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number // 2}\n", encoding="utf-8")  # two of each
    return {name: hashed.of(str(folder / name), hashed.buffer()) for name in NAMES}


def _add(store: Store, folder: Path) -> Tree:
    return store.add_tree(folder, _files(folder))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder of another file system than that of the tests."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one file system only")
    return shared / f"dsv-test-{os.getpid()}"


def test_the_listing_is_that_of_dvc(tmp_path: Path) -> None:
    _files(tmp_path / "files")
    subprocess.run(["dvc", "init", "-q", "--no-scm"], cwd=tmp_path, check=True)
    subprocess.run(["dvc", "add", "-q", "files"], cwd=tmp_path, check=True)
    tree = _add(Store(tmp_path / "cache"), tmp_path / "again")
    assert f"md5: {tree.oid}\n" in (tmp_path / "files.dvc").read_text(encoding="utf-8")


def test_objects_are_read_only_and_one_inode_with_the_file(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache", ("hardlink",))
    tree = _add(store, tmp_path / "files")
    found = {name: (store.path(oid).stat(), (tmp_path / "files" / name).stat()) for name, oid in store.tree(tree.oid).items()}  # fmt: skip
    assert {there.st_mode & 0o777 for there, _ in found.values()} == {0o444}
    assert {there.st_ino for there, _ in found.values()} <= {here.st_ino for _, here in found.values()}


@pytest.mark.parametrize("ways", [(), ("copy",), ("reflink",), ("reflink", "hardlink", "copy")])
def test_every_way_stores_the_same_bytes(tmp_path: Path, ways: tuple[str, ...]) -> None:
    store = Store(tmp_path / "cache", ways)
    tree = _add(store, tmp_path / "files")
    assert all(store.intact(oid) for oid in (tree.oid, *store.tree(tree.oid).values()))
    assert not list(store.folder.rglob("*.tmp"))


def test_a_cache_on_another_file_system_gets_copies(tmp_path: Path, elsewhere: Path) -> None:
    try:
        store = Store(elsewhere)
        tree = _add(store, tmp_path / "files")
        assert all(store.intact(oid) for oid in store.tree(tree.oid).values())
        assert (tmp_path / "files" / "z").stat().st_nlink == 1
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)


@pytest.mark.parametrize("ways", [("copy",), ("hardlink",)])
def test_an_object_that_a_power_failure_cut_short_is_stored_again(tmp_path: Path, ways: tuple[str, ...]) -> None:
    store = Store(tmp_path / "cache", ways)
    files = _files(tmp_path / "files")
    half = store.path(files["z"].md5)
    half.parent.mkdir(parents=True)
    half.touch(mode=0o444)
    store.add_tree(tmp_path / "files", files)
    assert store.intact(files["z"].md5)


def test_an_object_that_is_there_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    _add(store, tmp_path / "files")
    before = {path: path.stat().st_ino for path in store.folder.rglob("*")}
    _add(store, tmp_path / "again")
    assert {path: path.stat().st_ino for path in store.folder.rglob("*")} == before


def test_what_cannot_be_copied_is_an_error_and_leaves_no_empty_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        linking.link(str(tmp_path / "folder"), str(tmp_path / "b"), ("reflink", "hardlink"))
    assert not (tmp_path / "b").exists()
