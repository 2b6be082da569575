"""Where and as whom a command is run: git in odd states, folders, closed pipes, users without a name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Project, Ran
from tests.faults.conftest import Tell


def _comment(project: Project) -> None:
    path = project.root / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")


NO_GIT = "error: There is no git repository.\nhint: dsv init\n"
NO_COMMIT = "error: no version 'HEAD'\nhint: dsv commit -m MESSAGE\n"
READS = [["log"], ["show"], ["diff", "--stat"], ["diff"], ["verify"], ["checkout", "HEAD"], ["why", "shop/1", "HEAD"]]


@pytest.mark.parametrize("args", [*READS, ["status"], ["commit", "-m", "x"], ["run"]], ids=" ".join)
def test_without_a_git_repository(shop: Project, tell: Tell, args: list[str]) -> None:
    shutil.rmtree(shop.root / ".git")
    assert tell(shop, *args) == (11, "", NO_GIT)


def test_init_makes_the_git_repository_again(shop: Project, tell: Tell) -> None:
    shutil.rmtree(shop.root / ".git")
    assert tell(shop, "init").code == 0
    assert tell(shop, "commit", "-m", "again", "--tag", "v1.0.0").code == 0


def test_init_refuses_another_name(shop: Project, tell: Tell) -> None:
    assert tell(shop, "init", "--name", "reviews").code == 0
    assert tell(shop, "init", "--name", "other") == (2, "", (
        "error: The data set is called reviews already, not other.\nhint: edit `dataset:` in params.yaml; tags keep their names\n"
    ))  # fmt: skip


def test_init_leaves_the_settings_of_a_dvc_project_as_they_are(tmp_path: Path) -> None:
    project = Project(tmp_path / "there")
    project.root.mkdir()
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"], ["dvc", "config", "cache.type", "copy"]):
        subprocess.run(command, cwd=project.root, check=True)
    config = (project.root / ".dvc" / "config").read_bytes()
    assert "(.dvcignore, .dsv/, params.yaml)" in project.dsv("init").out
    assert (project.root / ".dvc" / "config").read_bytes() == config
    assert ".dsv/cache/" in (project.root / ".dvcignore").read_text(encoding="utf-8").splitlines()
    assert "nothing was missing" in project.dsv("init").out


@pytest.mark.parametrize("args", READS[1:], ids=" ".join)
def test_without_a_commit(shop: Project, tell: Tell, args: list[str]) -> None:
    shutil.rmtree(shop.root / ".git")
    shop.git("init", "-q")
    assert tell(shop, *args) == (12, "", NO_COMMIT)


def test_the_log_without_a_commit_is_empty(shop: Project, tell: Tell) -> None:
    shutil.rmtree(shop.root / ".git")
    shop.git("init", "-q")
    assert tell(shop, "log") == (0, "", "")


def test_on_a_detached_head_a_version_is_committed(shop: Project, tell: Tell) -> None:
    shop.git("checkout", "-q", "--detach")
    _comment(shop)
    assert tell(shop, "commit", "-m", "two", "--tag", "v1.0.1").code == 0
    assert tell(shop, "log", "--oneline").out.count("\n") == 1


def test_a_shallow_clone_tells_what_it_has_and_pulls_the_rest(shop: Project, tell: Tell, tmp_path: Path) -> None:
    shop.git("remote", "add", "origin", "x")
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "r", str(tmp_path / "remote")], cwd=shop.root, check=True)
    for args in (["commit", "-m", "remote"], ["push"]):
        assert tell(shop, *args).code == 0
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{shop.root}", str(tmp_path / "clone")], check=True)
    clone = Project(tmp_path / "clone")
    assert tell(clone, "show", "v1.0.0") == (12, "", "error: no version 'v1.0.0'\nhint: dsv log\n")
    assert tell(clone, "show").out.splitlines()[1:] == tell(shop, "show").out.splitlines()[1:]
    assert tell(clone, "run") == (
        13, "", "error: The delivery data/raw/shop/b1 is neither in the workspace nor in the cache.\nhint: dsv pull\n"
    )  # fmt: skip
    assert [tell(clone, *args).code for args in (["pull"], ["verify"])] == [0, 0]


def test_a_linked_work_tree_has_the_data_of_the_main_one(shop: Project, tell: Tell, tmp_path: Path) -> None:
    shop.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Project(tmp_path / "linked")
    assert tell(linked, "verify").code == 0
    assert tell(linked, "checkout", "HEAD").code == 0
    assert tell(linked, "run", "--format", "json").out.count('"ran": false') == 4
    assert tell(linked, "status").out == "Up to date; everything is committed.\n"
    assert not (linked.root / ".dvc" / "cache" / "files").exists()


def test_a_linked_work_tree_follows_the_main_one_that_was_moved(shop: Project, tell: Tell, tmp_path: Path) -> None:
    main = tmp_path / "main"
    shutil.copytree(shop.root, main, symlinks=True)
    Project(main).git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Project(tmp_path / "linked")
    assert tell(linked, "verify").code == 0
    main.rename(tmp_path / "moved")
    Project(tmp_path / "moved").git("worktree", "repair", str(linked.root))
    assert tell(linked, "verify").code == 0
    assert not main.exists()


def test_a_bare_repository_gets_no_project(shop: Project, tell: Tell, tmp_path: Path) -> None:
    shop.git("clone", "-q", "--bare", str(shop.root), str(tmp_path / "bare.git"))
    there = {path.name for path in (tmp_path / "bare.git").iterdir()}
    told = tell(Project(tmp_path / "bare.git"), "init")
    assert (told.code, told.err.splitlines()[1]) == (10, "hint: git clone it, then dsv init there")
    assert {path.name for path in (tmp_path / "bare.git").iterdir()} == there


@pytest.mark.parametrize("name", ["nowhere", "params.yaml"])
def test_a_folder_that_is_none(shop: Project, tell: Tell, name: str) -> None:
    assert tell(shop, "status", "-C", name) == (2, "", f"error: There is no folder {name}.\n")


def test_paths_are_meant_from_the_folder_of_c(shop: Project, tell: Tell, tmp_path: Path) -> None:
    project = ["-C", str(shop.root / "data")]
    monthly = shop.root / "data" / "feb.csv"
    monthly.write_text("id,x\n4,d\n", encoding="utf-8")
    elsewhere = Project(tmp_path / "elsewhere")
    elsewhere.root.mkdir()
    assert tell(elsewhere, "add", "feb.csv", "--source", "shop", "--batch", "b2", *project).code == 0
    assert tell(elsewhere, *project, "export", "v1.0.0", "-o", "out", "--format", "csv").code == 0
    assert [path.name for path in (shop.root / "data" / "out").iterdir()] == ["reviews-train.csv"]
    assert tell(elsewhere, "-C", str(shop.root), "status", "-C", "data").code == 0
    assert list(elsewhere.root.iterdir()) == []


def test_an_engine_that_is_none_is_refused_though_nothing_is_to_be_built(shop: Project, tell: Tell) -> None:
    assert tell(shop, "run", "--engine", "nope") == (2, "", "error: No engine is called 'nope'; there are local, dask.\n")


def test_a_folder_that_is_no_project(shop: Project, tell: Tell) -> None:
    assert tell(shop, "status", "-C", "..") == (
        11, "", f"error: No dsv project in {shop.root.parent} or above.\nhint: dsv init\n"
    )  # fmt: skip


def _shell(project: Project, line: str, **env: str) -> subprocess.CompletedProcess[str]:
    script = f'dsv() {{ {sys.executable} -m dsv "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", script], cwd=project.root, capture_output=True, text=True, check=False, env=os.environ | env)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("dsv log | true; echo ${PIPESTATUS[0]}", ("141\n", "")),
        ("dsv log >&-; echo $?", ("0\n", "")),
        ("dsv show nope 2>&-; echo $?", ("12\n", "")),
        ("dsv log --oneline <&- | wc -l", ("1\n", "")),
        ("dsv log >/dev/full; echo $? >&2", ("", "error: No space left on device\nhint: free some disk space and run the command again; nothing was lost\n10\n")),
        ("dsv --help >/dev/full; echo $? >&2", ("", "error: No space left on device\nhint: free some disk space and run the command again; nothing was lost\n10\n")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_goes_nowhere(shop: Project, line: str, told: tuple[str, str], unbuffered: str) -> None:
    done = _shell(shop, line, PYTHONUNBUFFERED=unbuffered)
    assert (done.stdout, done.stderr) == told


def test_who_git_does_not_know_is_told_how_to_say(shop: Project, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(shop.root.parent))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    shop.git("config", "user.useConfigOnly", "true")
    _comment(shop)
    assert tell(shop, "commit", "-m", "two") == (
        10, "", "error: git does not know who you are.\nhint: git config user.name NAME; git config user.email EMAIL\n"
    )  # fmt: skip
    shop.git("config", "user.name", "Ada")
    shop.git("config", "user.email", "ada@example.org")
    assert tell(shop, "commit", "-m", "two").code == 0


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


# Reads what root reads (Python may lie in a closed folder) and writes what is its own.
CAPS = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
NAMELESS = [
    "setpriv",
    "--reuid=4242",
    "--regid=4242",
    "--clear-groups",
    *CAPS,
    "env",
    "-u",
    "USER",
    "-u",
    "LOGNAME",
    "-u",
    "HOME",
]


def test_a_user_without_a_name_can_run_commit_and_push(
    shop: Project, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("setpriv") or subprocess.run([*NAMELESS, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not become another")
    mine = Project(shutil.copytree(shop.root, open_folder / "project", symlinks=True))
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(open_folder / "site"))
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "r", str(open_folder / "remote")], cwd=mine.root, check=True)
    path = mine.root / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("salt: v1", "salt: v2"), encoding="utf-8")
    subprocess.run(["chown", "-R", "4242:4242", str(open_folder)], check=True)
    for args in (["run", "-q"], ["commit", "-q", "-m", "two"], ["push", "-q"]):
        done = subprocess.run(
            [*NAMELESS, sys.executable, "-m", "dsv", *args], cwd=mine.root, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), (args, done.stderr)
    assert (mine.root / "dvc.lock").stat().st_uid == 4242


def test_a_changelog_goes_into_a_pipe(shop: Project, tell: Tell) -> None:
    pipe, read = shop.root / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    assert tell(shop, "changelog", "-o", "pipe") == Ran(0, "pipe has 1 version\n", "")
    reader.join(timeout=30)
    assert read == [tell(shop, "changelog").out]
