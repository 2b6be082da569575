from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsv.errors import DsvError, UsageError
from dsv.ops.install import PARTS, install
from dsv.project.layout import Layout
from tests.vcs.conftest import git

HOOK = '#!/bin/sh\necho before "$@" >> ran\ncase "$0" in *pre-push*) cat >> ran ;; esac\n'


def folder(root: Path) -> Layout:
    """What makes a folder a project for git's part of it."""
    (root / ".dsv").mkdir(parents=True)
    (root / "params.yaml").write_text("dataset: d\n")
    return Layout(root)


def state(repo: Path) -> dict[str, bytes]:
    """All that `install` may write."""
    names = [repo / ".git" / "config", *repo.rglob(".gitattributes"), *(repo / ".git" / "hooks").iterdir()]
    return {path.relative_to(repo).as_posix(): path.read_bytes() for path in names if not path.name.endswith(".sample")}


@pytest.fixture
def layout(repo: Path) -> Layout:
    return folder(repo / "a project")


def test_what_is_told_is_what_was_changed(layout: Layout) -> None:
    assert [tuple(change) for change in install(layout, ["diff", "pre-push"])] == [
        (".gitattributes", "+ /dvc.lock diff=dsv"),
        ("git config", "diff.dsv.textconv set"),
        ("git config", "dsv.diff has a project/"),
        ("git config", "dsv.pre-push has a project/"),
        (".git/hooks/pre-push", "installed"),
    ]


def test_twice_is_once(layout: Layout, repo: Path) -> None:
    install(layout)
    before = state(repo)
    assert install(layout) == []
    assert state(repo) == before


@pytest.mark.parametrize("parts", [(), *((part,) for part in PARTS)])
def test_undo_restores_every_byte(layout: Layout, repo: Path, parts: tuple[str, ...]) -> None:
    (layout.root / ".gitattributes").write_text("*.png binary\n")
    for name in ("pre-commit", "pre-push", "pre-merge-commit"):
        (repo / ".git" / "hooks" / name).write_text(HOOK)
        (repo / ".git" / "hooks" / name).chmod(0o755)
    git(repo, "config", "merge.other.driver", "true")
    before = state(repo)
    assert install(layout, parts) != []
    assert state(repo) != before
    install(layout, parts, undo=True)
    assert state(repo) == before
    assert install(layout, parts, undo=True) == []


def test_one_part_is_undone_and_the_others_stay(layout: Layout, repo: Path) -> None:
    install(layout)
    install(layout, ["merge"], undo=True)
    assert (layout.root / ".gitattributes").read_text().splitlines()[1:] == ["/dvc.lock diff=dsv"]
    assert sorted(p.name for p in (repo / ".git" / "hooks").glob("pre-*") if p.suffix != ".sample") == [
        "pre-commit",
        "pre-push",
    ]


def test_hooks_stay_as_long_as_another_project_of_the_repository_has_them(layout: Layout, repo: Path) -> None:
    other = folder(repo / "other")
    install(layout, ["pre-commit"])
    install(other, ["pre-commit"])
    install(layout, ["pre-commit"], undo=True)
    assert (repo / ".git" / "hooks" / "pre-commit").exists()
    install(other, ["pre-commit"], undo=True)
    assert not (repo / ".git" / "hooks" / "pre-commit").exists()


def test_hooks_that_other_repositories_share_are_left_alone(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "global").write_text(f"[core]\n    hooksPath = {tmp_path}/hooks\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "global"))
    with pytest.raises(DsvError, match="which other repositories use too"):
        install(layout)
    assert [change.where for change in install(layout, ["diff"])] == [".gitattributes", "git config", "git config"]


def test_an_unknown_part_is_refused(layout: Layout) -> None:
    with pytest.raises(UsageError, match="no part 'push'; there are diff, merge, pre-commit, pre-push"):
        install(layout, ["push"])


def test_a_hook_of_before_runs_first_with_what_git_gave_and_can_refuse(
    layout: Layout, repo: Path, tmp_path: Path
) -> None:
    hook = repo / ".git" / "hooks" / "pre-push"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    install(layout)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "c")
    git(tmp_path, "init", "-q", "--bare", "there")
    git(repo, "push", "-q", str(tmp_path / "there"), "main")
    sha = git(repo, "rev-parse", "HEAD")
    there = tmp_path / "there"
    assert (repo / "ran").read_text() == f"before {there} {there}\nrefs/heads/main {sha} refs/heads/main {'0' * 40}\n"
    hook.with_name("pre-push.before-dsv").write_text("#!/bin/sh\nexit 7\n")
    git(repo, "commit", "-qm", "d", "--allow-empty")
    with pytest.raises(subprocess.CalledProcessError):
        git(repo, "push", "-q", str(there), "main")


def test_without_its_python_git_works_on_and_says_so(layout: Layout, repo: Path) -> None:
    install(layout)
    for path in (repo / ".git" / "config", *(repo / ".git" / "hooks").glob("pre-*")):
        path.write_text(path.read_text().replace(sys.executable, "/gone/python"))
    (layout.root / "dvc.lock").write_text("a: 1\n")
    git(repo, "add", "-A")
    done = subprocess.run(["git", "commit", "-qm", "c"], cwd=repo, capture_output=True, text=True, check=True)
    assert "there is no /gone/python any more, so nothing was checked" in done.stderr
    assert "+a: 1" in git(repo, "show")


def test_git_finds_dsv_without_path(layout: Layout, repo: Path) -> None:
    install(layout)
    (layout.root / "dvc.lock").write_text(
        "schema: '2.0'\nstages:\n  s:\n    cmd: c\n    outs:\n    - path: o\n      hash: md5\n      md5: "
        + "a" * 32
        + "\n      size: 3\n"
    )
    (layout.root / "dsv.py").write_text("raise SystemExit('a module of the project, not dsv')\n")
    git(repo, "add", "-A")
    path = os.pathsep.join(str(Path(p).parent) for p in ("/usr/bin/git", "/bin/sh"))
    done = subprocess.run(
        ["git", "diff", "--cached", "--", "a project/dvc.lock"], cwd=repo, capture_output=True, text=True, check=True,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.stdout.splitlines()[-2:] == ["+stage    s", "+out      o aaaaaaaaaa, 3 bytes"]
