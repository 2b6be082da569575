from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dsv.errors import UnknownVersion
from dsv.vcs import history, tag
from tests.vcs.conftest import git

Save = Callable[..., str]


def test_only_commits_that_touch_the_paths_are_listed_newest_first(repo: Path, save: Save) -> None:
    one = save("1", dvc_lock="1")
    save("2", other="1")
    three = save("3", dvc_lock="3")
    assert [c.sha for c in history.log(repo, paths=["dvc.lock"])] == [three, one]


def test_a_commit_tells_its_parents_author_date_and_subject(repo: Path, save: Save) -> None:
    first = save("one")
    save("subject é\n\nbody")
    newest = history.log(repo, limit=1)[0]
    assert newest[1:] == ((first,), "Ann", "ann@example.org", "2024-05-01T10:00:00+02:00", "subject é")


def test_a_range_leaves_out_its_start(repo: Path, save: Save) -> None:
    shas = [save(str(i)) for i in range(4)]
    assert [c.sha for c in history.log(repo, f"{shas[0]}..{shas[2]}")] == [shas[2], shas[1]]


def test_a_merge_has_two_parents(repo: Path, save: Save) -> None:
    save("base")
    git(repo, "checkout", "-qb", "side")
    side = save("s", b="1")
    git(repo, "checkout", "-q", "main")
    main = save("m", a="1")
    git(repo, "merge", "-q", "--no-ff", "-m", "merge", "side")
    assert history.log(repo, limit=1)[0].parents == (main, side)


def test_an_empty_subject_and_strange_paths_are_no_trouble(repo: Path, save: Save) -> None:
    (repo / "a\nb*").write_text("1")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "--allow-empty-message", "-m", "")
    assert [c.subject for c in history.log(repo, paths=["a\nb*"])] == [""]


@pytest.mark.parametrize("rev", ["nope", "--all", "a..nope"])
def test_an_unknown_range_is_an_unknown_version(repo: Path, save: Save, rev: str) -> None:
    save()
    with pytest.raises(UnknownVersion):
        history.log(repo, rev)


def test_paths_are_relative_to_the_project_in_a_subdirectory(repo: Path, save: Save) -> None:
    save("top", dvc_lock="1")
    sub = save("sub", sub__dvc_lock="1")
    assert [c.sha for c in history.log(repo / "sub", paths=["dvc.lock"])] == [sub]


def test_tags_are_sorted_by_number_and_point_at_commits(repo: Path, save: Save) -> None:
    one = save("1", a="1")
    git(repo, "tag", "-a", "d@v1.10.0", "-m", "ten\n\nbody")
    two = save("2")
    git(repo, "tag", "d@v1.9.0")
    git(repo, "tag", "-a", "nested", "-m", "n", "d@v1.10.0")
    git(repo, "tag", "tree", "HEAD^{tree}")
    git(repo, "tag", "-a", "blob", "-m", "b", "HEAD:a")
    found = [(t.name, t.target, t.annotated, t.subject) for t in tag.tags(repo)]
    assert found == [("d@v1.9.0", two, False, "2"), ("d@v1.10.0", one, True, "ten"), ("nested", one, True, "n")]


def test_a_repository_without_commits_has_no_tags(repo: Path) -> None:
    assert tag.tags(repo) == []
