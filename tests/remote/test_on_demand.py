"""Reading a version fetches by itself what it needs, and nothing more."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dsv
from dsv import errors
from dsv.dvcio import transfer
from dsv.ops.probe import Metric
from dsv.project import fetch
from dsv.project.layout import Layout
from dsv.project.version import find
from dsv.store.objects import file_md5
from tests.conftest import Project
from tests.remote.conftest import ROWS, Remote, dvc

READS: dict[str, Callable[[Path], Any]] = {
    "diff": lambda root: dsv.diff("v1.0.0", "v1.1.0", path=root).counts.added,
    "why": lambda root: dsv.why("shop/3", "v1.0.0", path=root).state,
    "load": lambda root: len(dsv.load("v1.1.0", path=root)),
    "export": lambda root: dsv.export("v1.0.0", root.parent / "out", "csv", path=root).files,
    "reproduce": lambda root: dsv.reproduce("v1.0.0", path=root).equal,
}


WHOLE: dict[str, Callable[[Path], Any]] = {
    "plan": lambda root: dsv.plan(sets=["split.salt=v9"], path=root).diff.counts,
    "bisect": lambda root: dsv.bisect("v1.0.0", "v1.1.0", Metric("records", above=60), path=root).causes,
    "changelog": lambda root: dsv.changelog(path=root),
}


@pytest.fixture
def versions(project: Project, remote: Remote) -> Project:
    """Two versions on the remote: the second has a delivery more."""
    project.dsv("add", str(project.write("b.csv", "id,x\n" + "".join(f"{i},1\n" for i in range(60, 90)))), "--source", "shop")
    project.dsv("run")
    project.dsv("commit", "-m", "two", "--tag", "v1.1.0")
    project.dsv("push", "v1.0.0", "v1.1.0")
    return project


@pytest.fixture
def clone(versions: Project, tmp_path: Path) -> Project:
    versions.git("clone", "-q", ".", str(tmp_path / "clone"))
    return Project(tmp_path / "clone")


def cached(project: Project) -> set[str]:
    """The objects in the cache of a clone."""
    folder = project.root / ".dvc" / "cache" / "files" / "md5"
    return {"".join(path.relative_to(folder).parts) for path in folder.rglob("*") if path.is_file()}


def objects(project: Project, rev: str, out: str) -> set[str]:
    return set(find(Layout(project.root), rev).tree(out).values())


@pytest.mark.parametrize("what", READS)
def test_what_reads_a_version_fetches_it_but_no_delivery(versions: Project, clone: Project, what: str) -> None:
    assert READS[what](clone.root) == READS[what](versions.root)
    there, whole = cached(clone), cached(versions)
    assert there < whole
    for path in sorted((versions.root / "data" / "raw").rglob("*.csv")):
        assert file_md5(path) not in there
    assert not list((clone.root / ".dvc" / "cache").glob("arriving"))
    assert dsv.status(path=clone.root).unpushed == []


@pytest.mark.parametrize("what", WHOLE)
def test_what_builds_or_tells_of_versions_fetches_them(versions: Project, clone: Project, what: str) -> None:
    assert WHOLE[what](clone.root) == WHOLE[what](versions.root)


def test_a_diff_leaves_shards_that_both_versions_have(versions: Project, clone: Project) -> None:
    dsv.diff("v1.0.0", "v1.1.0", path=clone.root)
    old, new = (objects(versions, rev, "data/records") for rev in ("v1.0.0", "v1.1.0"))
    assert len(old) == 1
    assert cached(clone) & (old | new) == new - old


def test_a_version_is_rebuilt_in_a_clone_that_has_nothing(clone: Project) -> None:
    assert "equal" in clone.dsv("reproduce", "v1.0.0", "--rebuild").out
    clone.dsv("checkout", "v1.1.0", "-o", str(clone.root.parent / "there"))
    assert (clone.root.parent / "there" / "data" / "raw" / "shop" / "b1" / "a.csv").read_text() == ROWS


def test_what_came_damaged_is_not_read(versions: Project, clone: Project, remote: Remote) -> None:
    oid = next(iter(objects(versions, "v1.0.0", "data/records")))
    remote.damage(next(key for key in remote.names() if key.endswith(f"{oid[:2]}/{oid[2:]}")))
    with pytest.raises(errors.DataMissing, match=r"objects of v1\.0\.0 are not in the cache: data/records/shop/b1/"):
        dsv.load("v1.0.0", path=clone.root)
    assert oid not in cached(clone)


def test_a_remote_that_does_not_answer_is_told_once(project: Project, folder: Remote, tmp_path: Path) -> None:
    project.dsv("push")
    shutil.rmtree(project.root / ".dvc" / "cache")
    (tmp_path / "file").write_text("no folder")
    dvc(project, "remote", "modify", "r", "url", str(tmp_path / "file" / "below"))
    told = project.dsv("diff", "v1.0.0", "v1.0.0", code=13)
    assert told.out == ""
    assert "are not in the cache: data/" in told.err
    assert told.err.count("error: ") == 1


def test_a_remote_that_did_not_answer_is_asked_again_later(versions: Project, clone: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def silent(*_: object) -> None:
        asked.append(1)
        raise errors.DsvError("The remote r does not answer: no route.")

    with monkeypatch.context() as patched:
        patched.setattr(transfer, "pull", silent)
        for _ in range(2):
            with pytest.raises(errors.DataMissing, match="The remote r does not answer: no route"):
                dsv.load("v1.0.0", path=clone.root)
    assert len(asked) == 1
    monkeypatch.setattr(fetch, "PATIENCE", 0.0)
    assert len(dsv.load("v1.0.0", path=clone.root)) == 50


def test_many_processes_may_read_at_once(versions: Project, clone: Project) -> None:
    code = "import dsv; print(len(dsv.load('v1.1.0')))"
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=clone.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [process.communicate() for process in started] == [("80\n", "")] * 4
    assert not list((clone.root / ".dvc" / "cache").glob("arriving/*"))
