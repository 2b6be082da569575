"""A full disk and a read-only cache: told with what to do; the same command again, with space, makes the same version."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsv.errors import of
from tests.conftest import Project, Ran

ADD = ["--source", "shop", "--key", "id", "--license", "MIT"]
SPACE = "hint: free some disk space and run the command again; nothing was lost\n"
MAYBE = "hint: check that the disk is not full, and run the command again; nothing was lost\n"  # where SQLite met it
COMMANDS = {
    "add": ["add", "{}/big.csv", *ADD, "--batch", "b2", "--types", "string"],
    "run": ["run"],
    "commit": ["commit", "-m", "two"],
    "push": ["push"],
    "checkout": ["checkout", "v1.0.0"],
}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of its own, of 24 MB."""
    folder = tmp_path_factory.mktemp("disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this user may not mount a file system: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small(disk: Path, shop: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The project on that disk, with DVC's own files and a remote there too, and a delivery beside it."""
    root = disk / "project"
    shutil.copytree(shop.root, root, symlinks=True)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(disk / "site"))
    made = Project(root)
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "r", str(disk / "remote")], cwd=root, check=True)
    made.dsv("commit", "-m", "remote")
    made.write("big.csv", "id,x\n" + "".join(f"{i},{i * 7919 % 100003}\n" for i in range(10, 40_000)))
    yield made
    for path in disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _fill(disk: Path, spare: int) -> None:
    """Leaves so many bytes."""
    with (disk / "filler").open("wb") as file:
        left = shutil.disk_usage(disk).free - spare
        file.write(b"\0" * max(0, left))


def _dsv(project: Project, args: list[str]) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "dsv", *args], cwd=project.root, capture_output=True, text=True, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def _state(project: Project, args: list[str], command: str) -> None:
    """The command again, with space: it succeeds, and nothing is damaged."""
    project.dsv(*args)
    if command in ("run", "commit", "push"):
        assert project.dsv("show", ".", "--format", "json").json()["dsv.show/v1"]["records"] == 39_993
    assert project.dsv("verify", ".").err == ""


@pytest.mark.parametrize(
    "command", [c if c in ("add", "run") else pytest.param(c, marks=pytest.mark.long) for c in COMMANDS]
)
@pytest.mark.parametrize(
    "spare", [0, pytest.param(200_000, marks=pytest.mark.long), pytest.param(700_000, marks=pytest.mark.long)]
)
def test_a_full_disk_is_told_and_the_command_succeeds_with_space(
    small: Project, disk: Path, command: str, spare: int
) -> None:
    steps = {name: [arg.format(disk / "incoming") for arg in args] for name, args in COMMANDS.items()}
    before = list(steps)[: list(steps).index(command)]
    for name in before:
        small.dsv(*steps[name])
    _fill(disk, spare)
    told = _dsv(small, steps[command])
    (disk / "filler").unlink()
    if told.code or not spare:
        assert told.code in (10, 15), told
        assert told.err.startswith("error: "), told
        assert told.err.endswith((SPACE, MAYBE)), told
    _state(small, steps[command] if told.code else ["status"], command)


@pytest.mark.parametrize(
    "command", ["add", pytest.param("run", marks=pytest.mark.long), pytest.param("pull", marks=pytest.mark.long)]
)
def test_a_cache_that_is_read_only_is_told_and_loses_nothing(shop: Project, command: str) -> None:
    cache = shop.root / ".dvc" / "cache"
    path = shop.write("n.csv", "id,x\n9,z\n")
    if command != "add":
        shop.dsv("add", str(path), "--source", "shop", "--batch", "b2")
    args = {"add": ["add", str(path), "--source", "shop", "--batch", "b2"], "run": ["run"], "pull": ["pull"]}[command]
    if command == "pull":
        subprocess.run(
            ["dvc", "remote", "add", "-q", "-d", "r", str(shop.root.parent / "remote")], cwd=shop.root, check=True
        )
        shop.dsv("push")
        shutil.rmtree(cache / "files")
    # In a name space of its own the cache is read-only for root too.
    script = f'mount --bind "{cache}" "{cache}" && mount -o remount,ro,bind "{cache}" && exec "$@"'
    inside = ["unshare", "--mount", "sh", "-c", script, "sh"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a folder read-only")
    done = subprocess.run(
        [*inside, sys.executable, "-m", "dsv", *args], cwd=shop.root, capture_output=True, text=True, check=False
    )
    assert done.returncode in (10, 15), done
    assert "Read-only file system" in done.stderr
    assert done.stderr.endswith("\nhint: check the permissions\n"), done.stderr
    shop.dsv(*args)


@pytest.mark.parametrize("args", [["status"], ["show"], ["diff", "HEAD", "."], ["log"], ["verify"]], ids=" ".join)
def test_a_project_that_is_read_only_is_read(shop: Project, args: list[str]) -> None:
    shutil.rmtree(shop.root / ".dsv" / "cache")
    script = f'mount --bind "{shop.root}" "{shop.root}" && mount -o remount,ro,bind "{shop.root}" && cd "{shop.root}" && exec "$@"'
    inside = ["unshare", "--mount", "sh", "-c", script, "sh"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a folder read-only")
    command = [*inside, sys.executable, "-m", "dsv", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space"), OSError("No space left on device (os error 28)"), OSError("write error. Out of diskspace")],
    ids=["the system", "Polars", "git"],
)
def test_whoever_tells_of_a_full_disk_the_hint_is_the_same(error: OSError) -> None:
    assert f"hint: {of(error).hint}\n" == SPACE
