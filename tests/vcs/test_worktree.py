from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dsv.errors import DsvError
from dsv.vcs import worktree
from tests.vcs.conftest import git

Save = Callable[..., str]


def test_the_toplevel_is_found_from_below(repo: Path) -> None:
    (repo / "a" / "b").mkdir(parents=True)
    assert worktree.toplevel(repo / "a" / "b") == repo
    assert worktree.prefix(repo / "a") == "a/"


def test_outside_of_a_repository_there_is_no_toplevel(tmp_path: Path) -> None:
    assert worktree.toplevel(tmp_path) is None


def test_a_directory_that_does_not_exist_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(DsvError, match="no directory"):
        worktree.toplevel(tmp_path / "nope")


def test_dirty_tells_staged_changed_deleted_and_untracked(repo: Path, save: Save) -> None:
    save("1", a="1", b="1", c="1")
    (repo / "a").write_text("2")
    (repo / "b").unlink()
    (repo / "new\nfile é").write_text("n")
    (repo / "c").write_text("3")
    git(repo, "add", "c")
    expected = [("a", " ", "M"), ("b", " ", "D"), ("c", "M", " "), ("new\nfile é", "?", "?")]
    assert [tuple(change) for change in worktree.dirty(repo)] == expected


def test_dirty_paths_are_relative_to_the_project_and_below_it(repo: Path, save: Save) -> None:
    save("1", sub__x__a="1", sub__b="1", top="1")
    for name in ("sub/x/a", "sub/b", "top"):
        (repo / name).write_text("2")
    assert [c.path for c in worktree.dirty(repo / "sub")] == ["b", "x/a"]
    assert [c.path for c in worktree.dirty(repo / "sub", "x")] == ["x/a"]


def test_a_renamed_file_is_one_deleted_and_one_added(repo: Path, save: Save) -> None:
    save("1", a="some content that is long enough")
    git(repo, "mv", "a", "b")
    assert [tuple(c) for c in worktree.dirty(repo)] == [("a", "D", " "), ("b", "A", " ")]


def test_ignored_files_are_not_dirty(repo: Path, save: Save) -> None:
    (repo / ".gitignore").write_text("/data\n")
    save()
    (repo / "data").write_text("x")
    assert worktree.dirty(repo) == []


def test_tracked_paths_are_listed_below_the_project(repo: Path, save: Save) -> None:
    save("1", sub__b="1", sub__a="1", top="1")
    assert worktree.ls_files(repo / "sub") == ["a", "b"]


def test_a_linked_worktree_knows_its_main_one(repo: Path, save: Save, tmp_path: Path) -> None:
    save("1", sub__a="1")
    git(repo, "worktree", "add", "-q", str(tmp_path / "linked"))
    assert worktree.main_root(tmp_path / "linked" / "sub") == repo / "sub"
    assert worktree.main_root(repo / "sub") == repo / "sub"


def test_a_linked_worktree_of_a_bare_repository_has_no_main_one(repo: Path, save: Save, tmp_path: Path) -> None:
    save()
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    assert worktree.main_root(tmp_path / "linked") is None



def test_reading_takes_no_lock(repo: Path, save: Save) -> None:
    save("1", a="1")
    (repo / ".git" / "index.lock").write_text("")
    (repo / "a").write_text("2")
    assert [c.path for c in worktree.dirty(repo)] == ["a"]


def test_reading_imports_nothing_heavy() -> None:
    heavy = "{'git', 'dvc', 'polars', 'pyarrow', 'numpy', 'dsv.vcs.write'}"
    modules = "dsv.vcs.revision, dsv.vcs.blob, dsv.vcs.history, dsv.vcs.tag, dsv.vcs.worktree"
    code = f"import sys, {modules}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
