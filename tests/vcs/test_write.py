from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dsv.errors import DsvError
from dsv.vcs import history, revision, tag, worktree, write
from tests.vcs.conftest import git

Save = Callable[..., str]


def hook(repo: Path, name: str, script: str) -> None:
    path = repo / ".git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_init_makes_a_repository_once(tmp_path: Path, repo: Path, save: Save) -> None:
    sha = save()
    assert write.init(repo) == repo
    assert revision.head(repo) == sha
    assert worktree.toplevel(write.init(tmp_path / "a" / "new")) == tmp_path / "a" / "new"


def test_a_commit_holds_the_given_paths_and_what_was_staged(repo: Path, save: Save) -> None:
    save("0", a="0", b="0", c="0")
    for name in "abc":
        (repo / name).write_text("1")
    git(repo, "add", "b")
    sha = write.commit(repo, "new version", ["a"])
    assert git(repo, "show", "--name-only", "--format=", sha).split() == ["a", "b"]
    assert [c.path for c in worktree.dirty(repo)] == ["c"]


def test_the_message_is_kept_as_it_is(repo: Path, save: Save) -> None:
    save()
    (repo / "a").write_text("1")
    write.commit(repo, "--amend é\n\n#12 is not a comment", ["a"])
    assert git(repo, "log", "-1", "--format=%B") == "--amend é\n\n#12 is not a comment"


@pytest.mark.parametrize("name", ["*", "-n", ":x", "a\nb", "é"])
def test_paths_are_taken_literally(repo: Path, name: str) -> None:
    (repo / "other").write_text("1")
    (repo / name).write_text("1")
    write.add(repo, [name])
    assert worktree.ls_files(repo) == [name]


def test_a_deleted_path_is_staged_as_deleted(repo: Path, save: Save) -> None:
    save("0", a="0", b="0")
    (repo / "a").unlink()
    write.commit(repo, "rm", ["a"])
    assert worktree.ls_files(repo) == ["b"]


def test_more_paths_than_a_command_line_holds_are_staged(repo: Path) -> None:
    names = [f"{i:04d}" for i in range(1234)]
    for name in names:
        (repo / name).write_text(name)
    write.add(repo, names)
    assert worktree.ls_files(repo) == names


def test_a_hook_that_refuses_is_an_error_with_its_words(repo: Path) -> None:
    hook(repo, "pre-commit", "echo too big >&2; exit 1")
    (repo / "a").write_text("1")
    with pytest.raises(DsvError, match="git commit: too big"):
        write.commit(repo, "m", ["a"])
    assert revision.head(repo) is None


def test_hooks_run(repo: Path) -> None:
    hook(repo, "commit-msg", 'echo "Signed: hook" >> "$1"')
    (repo / "a").write_text("1")
    write.commit(repo, "m", ["a"])
    assert history.log(repo)[0].subject == "m Signed: hook"


def test_nothing_to_commit_is_an_error(repo: Path, save: Save) -> None:
    save()
    with pytest.raises(DsvError, match="nothing to commit"):
        write.commit(repo, "m")


def test_an_ignored_path_is_an_error_that_names_it(repo: Path, save: Save) -> None:
    (repo / ".gitignore").write_text("/data\n")
    (repo / "data").write_text("x")
    with pytest.raises(DsvError, match=r"(?s)git add: .*data"):
        write.add(repo, ["data"])


def test_an_annotated_tag_names_the_commit(repo: Path, save: Save) -> None:
    sha = save()
    save("later")
    assert write.tag(repo, "reviews@v1.0.0", "first\n\nnotes", sha) == sha
    assert tag.tags(repo)[0][:3] == ("reviews@v1.0.0", sha, True)


@pytest.mark.parametrize("name", ["a b", "x..y", "-d", "taken"])
def test_a_tag_that_cannot_be_is_refused(repo: Path, save: Save, name: str) -> None:
    save()
    git(repo, "tag", "taken")
    with pytest.raises(DsvError, match="git tag"):
        write.tag(repo, name, "m")
    assert [t.name for t in tag.tags(repo)] == ["taken"]


def test_a_write_inside_the_hook_of_another_repository_is_refused(
    repo: Path, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    save()
    monkeypatch.setenv("GIT_DIR", "/elsewhere/.git")
    with pytest.raises(DsvError, match="GIT_DIR is set"):
        write.commit(repo, "m")


def test_a_tag_that_cannot_be_signed_is_told_with_what_to_mend(repo: Path, save: Save) -> None:
    save()
    git(repo, "config", "tag.gpgSign", "true")
    git(repo, "config", "gpg.program", "false")
    with pytest.raises(DsvError, match="sign") as caught:
        write.tag(repo, "v1", "one")
    assert caught.value.hint == "mend git's signing (user.signingkey), and run the command again"
    git(repo, "config", "tag.gpgSign", "false")
    assert write.tag(repo, "v1", "one")
