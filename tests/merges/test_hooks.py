from __future__ import annotations

import subprocess

import pytest

from dsv.ops.transfer import push
from tests.merges.conftest import Fork

STALE = "What would be committed is out of date; a version is committed as it was built."


def test_a_commit_whose_data_is_out_of_date_is_refused_and_says_why(base: Fork) -> None:
    base.edit('"tie": "first"', '"tie": "drop"')
    assert base.git("commit", "-qam", "m", code=1).err.splitlines() == [
        f"error: {STALE}",
        "  merge: param merge.tie",
        "  audit: data an earlier stage",
        "hint: dsv run, then dsv commit; or git commit --no-verify",
    ]


@pytest.mark.parametrize("how", [["-q", "-m", "m"], ["-qam", "m"], ["-qm", "m", "code.py"]])
def test_what_is_looked_at_is_what_would_be_committed(base: Fork, how: list[str]) -> None:
    base.edit('"tie": "first"', '"tie": "drop"')
    (base.project.root / "code.py").write_text("1")
    base.git("add", "code.py")
    base.git("commit", *how, code=1 if "-qam" in how else 0)


def test_a_delivery_without_its_dvc_file_is_refused(base: Fork) -> None:
    base.git("rm", "-q", "--cached", "data/raw/shop/first.dvc")
    assert f"error: {STALE}\n  ingest: data data/raw/shop/first\n" in base.git("commit", "-qm", "m", code=1).err


def test_a_project_in_a_subdirectory_with_a_space_is_checked(
    base: Fork, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base.project.dsv("install", "--undo")
    inner = base.project.root.parent / "a repo" / "in side"
    inner.parent.mkdir()
    base.project.root.rename(inner)
    (inner / ".git").rename(inner.parent / ".git")
    fork = Fork(base.project._replace(root=inner))
    fork.git("add", "-A", "..")
    fork.git("commit", "-qm", "moved")
    fork.project.dsv("install")
    fork.edit('"tie": "first"', '"tie": "drop"')
    assert "merge: param merge.tie" in fork.git("commit", "-qam", "m", code=1).err
    assert "-param    merge.tie first" not in fork.git("diff").out


@pytest.fixture
def pushed(base: Fork) -> Fork:
    """A project with a remote of git and one of DVC."""
    for name in ("there", "store"):
        (base.project.root.parent / name).mkdir()
    subprocess.run(["git", "init", "-q", "--bare", "../there"], cwd=base.project.root, check=True)
    base.git("remote", "add", "origin", "../there")
    return base


def test_a_push_of_data_that_nobody_else_has_is_refused(pushed: Fork) -> None:
    told = pushed.git("push", "-q", "origin", "HEAD:main", code=1).err
    assert "error: No remote is set up." in told
    (pushed.project.root / ".dvc" / "config").write_text(
        "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n"
    )
    told = pushed.git("push", "-q", "origin", "HEAD:main", code=1).err
    sha = pushed.git("rev-parse", "--short=10", "HEAD").out.strip()
    assert (
        f"error: The remote store lacks data of what would be pushed; others could not use it.\n  {sha} base: " in told
    )
    assert f"hint: dsv push {sha}; or git push --no-verify" in told
    push(pushed.layout)
    pushed.git("push", "-q", "origin", "HEAD:main")
    # Nothing of a version is new: DVC's remote is not asked.
    (pushed.project.root.parent / "store").rename(pushed.project.root.parent / "gone")
    pushed.git("commit", "-qm", "code", "--allow-empty")
    pushed.git("push", "-q", "origin", "HEAD:main")
