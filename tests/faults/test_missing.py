"""A version whose data are gone: which objects, where they were last, and what to do about it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import dsv
from dsv import errors
from dsv.project.layout import Layout
from dsv.project.version import find
from tests.conftest import Project, Shelf

ROWS = "id,text\n1,a\n2,b\n3,c\n"


def _versions(project: Project) -> None:
    told = ("--source", "shop", "--key", "id", "--license", "MIT")
    project.dsv("add", str(project.write("a.csv", ROWS)), *told)
    project.dsv("run")
    project.dsv("commit", "-m", "one", "--tag", "v1.0.0")
    project.dsv("add", str(project.write("b.csv", "id,text\n4,d\n")), "--source", "shop")
    project.dsv("run")
    project.dsv("commit", "-m", "two", "--tag", "v1.1.0")


@pytest.fixture
def versions(shelf: Shelf, project: Project) -> Project:
    return shelf.take("missing", _versions, lambda: project)


def remote(project: Project, tmp_path: Path) -> Path:
    folder = tmp_path / "remote"
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "store", str(folder)], cwd=project.root, check=True)
    dsv.push(["v1.0.0", "v1.1.0"], path=project.root)
    return folder


def lose(project: Project, out: str, rev: str = "v1.1.0") -> list[str]:
    """Takes the files of an output out of the cache; their names."""
    version = find(Layout(project.root), rev)
    names = version.tree(out)
    for oid in names.values():
        version.store.path(oid).unlink()
    return [f"{out}/{name}" for name in names]


def refused(act: Callable[[], object]) -> errors.DataMissing:
    with pytest.raises(errors.DataMissing) as told:
        act()
    return told.value


READS = {
    "diff": lambda root: dsv.diff("v1.0.0", "v1.1.0", path=root),
    "why": lambda root: dsv.why("shop/1", "v1.1.0", path=root),
    "load": lambda root: dsv.load("v1.1.0", path=root),
    "reproduce": lambda root: dsv.reproduce("v1.1.0", path=root),
    "checkout": lambda root: dsv.checkout("v1.1.0", root.parent / "out", path=root),
    "export": lambda root: dsv.export("v1.1.0", root.parent / "out", "csv", path=root),
}


@pytest.mark.parametrize("what", READS)
def test_what_needs_data_that_are_gone_names_them(versions: Project, what: str) -> None:
    lost = lose(versions, "data/ingest" if what == "diff" else "data/records")
    told = refused(lambda: READS[what](versions.root)).message
    assert told.startswith(f"{len(lost)} of ")
    assert f"objects of v1.1.0 are not in the cache: {', '.join(sorted(lost))}. " in told


def test_a_rebuild_names_the_deliveries_that_are_gone(versions: Project) -> None:
    shutil.rmtree(versions.root / ".dvc" / "cache")
    told = refused(lambda: dsv.reproduce("v1.1.0", rebuild=True, path=versions.root)).message
    assert told.startswith(
        "2 of at least 2 objects of v1.1.0 are not in the cache: data/raw/shop/0001, data/raw/shop/0002."
    )


def test_what_only_needs_reports_needs_no_data(versions: Project) -> None:
    shutil.rmtree(versions.root / ".dvc" / "cache")
    assert dsv.show("v1.0.0", path=versions.root)["records"] == 3


def test_the_commit_that_pinned_them_last_is_named(versions: Project) -> None:
    lose(versions, "data/records", "v1.0.0")
    sha = versions.git("rev-parse", "reviews@v1.0.0^{}").strip()
    told = refused(lambda: dsv.load("v1.0.0", path=versions.root))
    assert f"Last pinned by commit {sha[:10]} (reviews@v1.0.0, Ada, 20" in told.message


def test_without_a_remote_the_hint_is_to_set_one_up(versions: Project) -> None:
    lose(versions, "data/records")
    told = refused(lambda: dsv.load("v1.1.0", path=versions.root))
    assert told.message.endswith("No remote is set up.")
    assert told.hint == "dvc remote add -d NAME URL, then dsv pull v1.1.0"


@pytest.mark.parametrize("what", READS)
def test_a_remote_that_has_them_gives_them_back(versions: Project, tmp_path: Path, what: str) -> None:
    remote(versions, tmp_path)
    lose(versions, "data/ingest" if what == "diff" else "data/records")
    READS[what](versions.root)


def test_a_remote_that_has_some_of_them_is_named(versions: Project, tmp_path: Path) -> None:
    folder = remote(versions, tmp_path)
    oid = lose(versions, "data/records") and next(iter(find(Layout(versions.root), "v1.1.0").tree("data/records").values()))
    (folder / "files" / "md5" / oid[:2] / oid[2:]).unlink()
    told = refused(lambda: dsv.load("v1.1.0", path=versions.root))
    # What the remote has is here by then.
    assert told.message.startswith("1 of ")
    assert f"The remote store ({folder}) has none of them, where they were on 20" in told.message


def test_a_remote_that_lost_them_too_is_told_with_when_it_had_them(versions: Project, tmp_path: Path) -> None:
    folder = remote(versions, tmp_path)
    lose(versions, "data/records")
    shutil.rmtree(folder)
    told = refused(lambda: dsv.load("v1.1.0", path=versions.root))
    assert f"The remote store ({folder}) has none of them, where they were on 20" in told.message
    assert told.hint == "dsv push v1.1.0, in a clone that has them"


def test_a_remote_that_cannot_be_opened_is_told_with_why(versions: Project) -> None:
    url = "s3://nowhere/store"
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "far", url], cwd=versions.root, check=True)
    lose(versions, "data/records")
    told = refused(lambda: dsv.load("v1.1.0", path=versions.root))
    assert f"They should be on the remote far ({url}). The remote far " in told.message
    assert told.hint == "dsv pull v1.1.0"


def test_of_two_remotes_the_one_that_has_them_is_hinted_at(versions: Project, tmp_path: Path) -> None:
    remote(versions, tmp_path)
    (tmp_path / "other").mkdir()
    subprocess.run(
        ["dvc", "remote", "add", "-q", "-f", "-d", "other", str(tmp_path / "other")], cwd=versions.root, check=True
    )
    lose(versions, "data/records")
    assert refused(lambda: dsv.load("v1.1.0", path=versions.root)).hint == "dsv pull v1.1.0 --remote store"


def test_many_objects_are_counted_and_the_first_are_shown(versions: Project) -> None:
    shutil.rmtree(versions.root / ".dvc" / "cache" / "files")
    told = refused(lambda: dsv.load("v1.1.0", path=versions.root)).message
    assert told.startswith(
        "7 of at least 7 objects of v1.1.0 are not in the cache: data/annotations, data/clean, data/ingest and 4 more. "
    )
