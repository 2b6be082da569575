from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dsv.errors import DsvError
from dsv.vcs import blob
from tests.vcs.conftest import git

Save = Callable[..., str]
NAMES = ["a b", "é.txt", "tab\there", 'quo"te', "back\\slash", "*.lock", ":(top)x", "-dash", "new\nline", "x missing"]


def test_files_of_several_commits_come_in_the_order_asked(repo: Path, save: Save) -> None:
    one = save("1", dvc_lock="one")
    two = save("2", dvc_lock="two", params="p")
    found = blob.read_files(repo, [(two, "dvc.lock"), (one, "params"), (one, "dvc.lock"), (two, "params")])
    assert found == [b"two", None, b"one", b"p"]


def test_a_directory_a_missing_file_and_an_unknown_commit_are_none(repo: Path, save: Save) -> None:
    sha = save("1", sub__a="1")
    assert blob.read_files(repo, [(sha, "sub"), (sha, "sub/b"), ("0" * 40, "sub/a"), (sha, "sub/a")]) == [
        None,
        None,
        None,
        b"1",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_read_and_listed(repo: Path, save: Save, name: str) -> None:
    (repo / name).write_bytes(b"x\n\0y")
    sha = save()
    assert blob.read_files(repo, [(sha, name), (sha, "no\nsuch"), (sha, name)]) == [b"x\n\0y", None, b"x\n\0y"]
    assert [entry.path for entry in blob.list_tree(repo, sha)] == [name]


def test_a_name_that_is_not_utf8_is_read(repo: Path, save: Save) -> None:
    name = os.fsdecode(b"caf\xe9")
    (repo / name).write_text("x")
    sha = save()
    assert blob.read_file(repo, sha, name) == b"x"


def test_paths_are_relative_to_the_project_in_a_subdirectory(repo: Path, save: Save) -> None:
    sha = save("1", top="t", sub__dvc_lock="s", sub__deep__x="y")
    assert blob.read_files(repo / "sub", [(sha, "dvc.lock"), (sha, "top")]) == [b"s", None]
    assert [entry.path for entry in blob.list_tree(repo / "sub", sha)] == ["deep/x", "dvc.lock"]
    assert [entry.path for entry in blob.list_tree(repo / "sub", sha, "deep")] == ["deep/x"]


def test_a_symbolic_link_is_told_by_its_mode(repo: Path, save: Save) -> None:
    (repo / "link").symlink_to("target")
    assert [(e.mode, e.kind) for e in blob.list_tree(repo, save())] == [("120000", "blob")]


def test_no_specs_are_no_files(tmp_path: Path) -> None:
    assert blob.read_files(tmp_path, []) == []


def test_large_batches_do_not_block(repo: Path, save: Save) -> None:
    sha = save("1", big="x" * 300_000)
    assert blob.read_files(repo, [(sha, "big")] * 100) == [b"x" * 300_000] * 100


def test_a_nul_in_a_path_is_refused(repo: Path, save: Save) -> None:
    with pytest.raises(DsvError, match="NUL"):
        blob.read_files(repo, [(save(), "a\0b")])


def test_a_submodule_is_no_file(repo: Path, save: Save) -> None:
    sha = save("1", a="1")
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{sha},mod")
    git(repo, "commit", "-qm", "mod")
    assert blob.read_files(repo, [("HEAD", "mod"), ("HEAD", "a")]) == [None, b"1"]
