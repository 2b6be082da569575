"""Projects below the top of a repository, and several in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsv.errors import DsvError
from dsv.project.layout import Layout
from dsv.project.tagged import tags
from dsv.vcs import worktree, write
from tests.conftest import Project, Shelf
from tests.faults.conftest import Tell

ADD = ("--source", "shop", "--key", "id", "--license", "MIT")


def _two(made: Project) -> None:
    write.init(made.root)
    for name in ("aa", "bb"):
        project = Project(made.root / "sets" / name)
        project.root.mkdir(parents=True)
        project.dsv("init", "--name", name)
        project.dsv("add", str(made.write("a.csv", "id,x\n1,a\n2,b\n3,c\n")), *ADD, "--batch", "b1")
        project.dsv("run")
        project.dsv("commit", "-m", f"{name} one", "--tag", "v1.0.0")


@pytest.fixture
def two(shelf: Shelf) -> tuple[Project, Project]:
    """The projects aa and bb of one repository, with one version each; HEAD is that of bb."""
    made = shelf.take("two projects", _two)
    return Project(made.root / "sets" / "aa"), Project(made.root / "sets" / "bb")


def test_the_spine_below_the_top_of_a_repository(two: tuple[Project, Project], tell: Tell, tmp_path: Path) -> None:
    aa, bb = two
    assert tell(aa, "install", "-q").code == 0
    assert tell(aa, "add", str(aa.write("b.csv", "id,x\n4,d\n")), "--source", "shop", "--batch", "b2").code == 0
    assert "stale: ingest" in tell(aa, "status").out
    aa.git("add", ".")
    with pytest.raises(DsvError, match="What would be committed is out of date"):
        write.commit(aa.root, "not built")
    assert tell(aa, "run").code == 0
    assert tell(aa, "commit", "-m", "aa two", "--tag", "auto").out.endswith(" aa@v1.1.0\n")
    assert "3 → 4 records" in tell(aa, "diff", "v1.0.0", "HEAD").out
    assert tell(aa, "reproduce", "v1.0.0", "--rebuild").code == 0
    assert tell(aa, "checkout", "v1.0.0", "-o", str(tmp_path / "old")).out.endswith(": 7 files of data\n")
    assert tell(aa, "checkout", "v1.0.0").code == 0
    assert "3 → 4 records" in tell(aa, "diff", ".", "HEAD").out
    assert tell(bb, "status").out == "Up to date; everything is committed.\n"
    assert aa.git("status", "--short", "../bb") == ""


def test_what_dvcignore_ignores_is_told_by_its_place_in_the_project(two: tuple[Project, Project]) -> None:
    aa, _ = two
    (aa.root / "patterns").write_text("/sets/\n/in/*.log\n", encoding="utf-8")
    (aa.root / "in").mkdir()
    for name in ("a.log", "a.csv"):
        (aa.root / "in" / name).write_text("id,x\n4,d\n", encoding="utf-8")
    assert worktree.ignored(aa.root, aa.root / "in", "patterns") == ["in/a.log"]


def test_tags_of_another_data_set_name_no_version(two: tuple[Project, Project], tell: Tell) -> None:
    aa, bb = two
    assert "@v" not in tell(aa, "show").out
    assert tell(bb, "show").out.splitlines()[0].endswith(" bb@v1.0.0")
    assert "aa@v1.0.0" in tell(aa, "log").out
    assert "bb@" not in tell(aa, "log").out


def test_a_data_set_that_was_renamed_keeps_the_names_of_its_versions(two: tuple[Project, Project]) -> None:
    aa, _ = two
    before = tags(Layout(aa.root))
    params = aa.root / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("dataset: aa", "dataset: cc"), encoding="utf-8")
    assert tags(Layout(aa.root)) == before
    assert [*before.values()] == ["aa@v1.0.0"]


def test_a_run_records_the_version_by_a_name_of_its_own_data_set(two: tuple[Project, Project], tell: Tell) -> None:
    aa, _ = two
    metrics = aa.write("m.json", '{"f1": 0.5}')
    assert tell(aa, "runs", "add", "one", "--rev", "HEAD", "--metrics", str(metrics)).code == 0
    assert "bb@" not in (aa.root / "runs" / "one.yaml").read_text(encoding="utf-8")
