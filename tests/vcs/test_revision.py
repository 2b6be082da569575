from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dsv.errors import DsvError, UnknownVersion
from dsv.vcs import revision
from tests.vcs.conftest import git

Save = Callable[..., str]


def test_every_name_of_a_commit_resolves_to_its_sha(repo: Path, save: Save) -> None:
    first = save("a")
    git(repo, "tag", "-a", "reviews@v1.0.0", "-m", "one")
    second = save("b")
    names = ["HEAD~1", first[:8], "reviews@v1.0.0", "refs/tags/reviews@v1.0.0", "main^", ":/^a"]
    assert [revision.resolve(repo, name) for name in names] == [first] * 6
    assert revision.resolve(repo, "@") == second


def test_an_unknown_name_is_refused_with_the_near_tags(repo: Path, save: Save) -> None:
    save()
    git(repo, "tag", "reviews@v1.0.0")
    with pytest.raises(UnknownVersion) as caught:
        revision.resolve(repo, "v1.0.1")
    assert caught.value.hint == "did you mean reviews@v1.0.0?"


@pytest.mark.parametrize("rev", ["", "--all", "-h", "HEAD..HEAD", "nope", "HEAD:a", "HEAD^{tree}", "a\nb", "a\0b", "é", ":/nope", ":0", ":a"])
def test_what_names_no_commit_is_unknown(repo: Path, save: Save, rev: str) -> None:
    save("m", a="1")
    with pytest.raises(UnknownVersion):
        revision.resolve(repo, rev)


def test_head_is_none_before_the_first_commit(repo: Path) -> None:
    assert revision.head(repo) is None
    assert revision.branch(repo) == "main"


def test_head_and_branch_after_a_commit(repo: Path, save: Save) -> None:
    sha = save()
    assert (revision.head(repo), revision.branch(repo)) == (sha, "main")
    git(repo, "checkout", "-q", "--detach")
    assert (revision.head(repo), revision.branch(repo)) == (sha, None)


def test_the_merge_base_is_the_fork(repo: Path, save: Save) -> None:
    fork = save("fork")
    git(repo, "branch", "side")
    save("main")
    git(repo, "checkout", "-q", "side")
    save("side")
    assert revision.merge_base(repo, "main", "side") == fork


def test_unrelated_histories_have_no_merge_base(repo: Path, save: Save) -> None:
    save("a")
    git(repo, "checkout", "-q", "--orphan", "other")
    save("b")
    assert revision.merge_base(repo, "main", "other") is None


def test_outside_a_repository_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(DsvError, match=r"There is no git repository\."):
        revision.resolve(tmp_path, "HEAD")


def test_a_hook_of_another_repository_does_not_lead_astray(
    repo: Path, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = save()
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert revision.head(repo) == sha
