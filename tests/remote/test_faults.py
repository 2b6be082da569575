"""Remotes that lose, damage or refuse objects, and transfers that die: told, healed, and never taken for whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dsv.project.layout import Layout
from dsv.project.version import find
from tests.conftest import Project
from tests.faults.dies import dies
from tests.remote.conftest import Remote, dvc

DIR = ".dir"


def _oid(key: str) -> str:
    return "".join(key.split("/")[-2:])


def _cached(project: Project, oid: str) -> Path:
    return project.root / ".dvc" / "cache" / "files" / "md5" / oid[:2] / oid[2:]


def _file(remote: Remote) -> str:
    return next(key for key in remote.names() if not key.endswith(DIR))


# As DVC copies, one object after the other; dies when so many have been.
COPIES = """
from dsv.dvcio import transfer
whole, left = transfer._copy, [{}]
def copy(source, target, oids, remote):
    for oid in oids:
        if not left[0]:
            os._exit(9)
        left[0] -= 1
        whole(source, target, [oid], remote)
transfer._copy = copy
"""
# Listings are looked at twice, files before they are fetched; the fourth time they are there, and nobody has looked.
LOOKS = """
from dsv.project import fetch
looked, calls = fetch._take_in, []
def look(*args):
    calls.append(1)
    return os._exit(9) if len(calls) == 4 else looked(*args)
fetch._take_in = look
"""
OBJECTS = 14


@pytest.mark.parametrize("count", [n if n == 5 else pytest.param(n, marks=pytest.mark.long) for n in range(OBJECTS)])
def test_a_push_that_died_after_any_object_has_sent_no_listing_without_its_files(
    project: Project, folder: Remote, count: int
) -> None:
    dies(project, COPIES.format(count), "push")
    sent = {_oid(key) for key in folder.names()}
    store = find(Layout(project.root), "HEAD").store
    assert len(sent) == count
    assert all(set(store.tree(oid).values()) <= sent for oid in sent if oid.endswith(DIR))
    assert project.dsv("push").out == f"Sent {OBJECTS - count} of {OBJECTS} objects (r)\n"
    assert project.dsv("verify", "--remote", "r").out.splitlines()[-1] == "r: 0 damaged, 0 missing, 0 healed"


def test_a_pull_that_died_before_it_looked_leaves_nothing_damaged(project: Project, folder: Remote) -> None:
    project.dsv("push")
    key = _file(folder)
    folder.damage(key)
    kept = _cached(project, _oid(key)).read_bytes()
    shutil.rmtree(project.root / ".dvc" / "cache")
    dies(project, LOOKS, "pull")
    assert not _cached(project, _oid(key)).exists()
    assert project.dsv("pull", code=13).err.startswith("error: 1 of ")
    (project.root.parent / "remote" / key).write_bytes(kept)
    assert project.dsv("pull").err == ""
    assert project.dsv("verify").err == ""


@pytest.mark.parametrize(
    "how", [pytest.param("remove", marks=pytest.mark.long), "damage", pytest.param("cut", marks=pytest.mark.long)]
)
def test_verify_tells_what_the_remote_lost_and_heal_sends_it_again(project: Project, remote: Remote, how: str) -> None:
    project.dsv("push")
    key, number = _file(remote), len(remote.names())
    {"remove": remote.remove, "damage": remote.damage, "cut": remote.cut}[how](key)
    damaged, missing = (0, 1) if how == "remove" else (1, 0)
    told = project.dsv("verify", "--remote", "r", code=13)
    assert told.out == (
        f"{number} objects, 0 damaged, 0 missing, 0 healed\nr: {damaged} damaged, {missing} missing, 0 healed\n  {_oid(key)}\n"
    )
    assert told.err == (
        f"error: 0 objects are damaged, 0 missing; on r {damaged} are damaged, {missing} missing.\n"
        "hint: dsv verify --heal --remote r\n"
    )
    assert project.dsv("verify", "--remote", "r", "--heal").err == ""
    assert project.dsv("verify", "--remote", "r").out.splitlines()[-1] == "r: 0 damaged, 0 missing, 0 healed"


@pytest.mark.long
def test_an_object_cut_short_on_the_remote_is_never_taken(project: Project, remote: Remote) -> None:
    project.dsv("push")
    key = _file(remote)
    remote.cut(key)
    shutil.rmtree(project.root / ".dvc" / "cache")
    assert f"the first is {_oid(key)}." in project.dsv("pull", code=13).err
    assert not _cached(project, _oid(key)).exists()


def test_a_damaged_object_of_the_cache_is_not_sent(project: Project, folder: Remote) -> None:
    oid = next(oid for oid in find(Layout(project.root), "HEAD").objects() if not oid.endswith(DIR))
    path = _cached(project, oid)
    path.unlink()
    path.write_bytes(b"damaged")
    path.chmod(0o444)
    assert project.dsv("push", code=13).err == (
        f"error: The object {oid} of the cache does not match its hash; nothing was sent.\nhint: dsv verify --heal\n"
    )
    assert folder.names() == []


def test_a_damaged_listing_of_the_cache_is_healed(project: Project, folder: Remote) -> None:
    project.dsv("push")
    for oid in [_oid(key) for key in folder.names() if key.endswith(DIR)]:
        path = _cached(project, oid)
        path.chmod(0o644)
        path.write_bytes(b"[]")
    assert project.dsv("verify", code=13).err.startswith("error: ")
    assert project.dsv("verify", "--heal").err == ""
    assert project.dsv("verify").out == f"{OBJECTS} objects, 0 damaged, 0 missing, 0 healed\n"


@pytest.mark.long
def test_what_does_not_come_back_stays_damaged_and_is_not_lost(project: Project, folder: Remote) -> None:
    oid = next(oid for oid in find(Layout(project.root), "HEAD").objects() if not oid.endswith(DIR))
    _cached(project, oid).chmod(0o644)
    _cached(project, oid).write_bytes(b"damaged")
    assert project.dsv("verify", "--heal", code=13).err.startswith("error: 1 objects are damaged, 0 missing.")
    assert _cached(project, oid).read_bytes() == b"damaged"


REFUSED = "error: The remote far does not answer: {}\nhint: check the connection, then run the command again\n"


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test-key-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def _far(project: Project, url: str, server: str) -> None:
    dvc(project, "remote", "add", "far", url)
    dvc(project, "remote", "modify", "far", "endpointurl", server)


@pytest.mark.long
def test_a_bucket_that_is_missing(project: Project, folder: Remote, server: str, credentials: None) -> None:
    _far(project, "s3://no-such-bucket", server)
    assert project.dsv("push", "--remote", "far", code=10).err == REFUSED.format("The specified bucket does not exist")


@pytest.mark.long
def test_no_credentials(project: Project, folder: Remote, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    _far(project, "s3://bucket", server)
    assert project.dsv("push", "--remote", "far", code=10).err == REFUSED.format("Unable to locate credentials")


def test_wrong_credentials(
    project: Project, folder: Remote, server: str, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0)
    _far(project, "s3://bucket", server)
    told = project.dsv("push", "--remote", "far", code=10).err
    assert told == REFUSED.format("The AWS Access Key Id you provided does not exist in our records.")


@pytest.mark.long
def test_a_folder_that_vanished(project: Project, folder: Remote) -> None:
    project.dsv("push")
    shutil.rmtree(project.root.parent / "remote")
    shutil.rmtree(project.root / ".dvc" / "cache")
    sha = project.git("rev-parse", "HEAD")[:10]
    assert project.dsv("pull", code=13).err.splitlines()[-1] == f"hint: dsv push {sha}, from a clone that has them"


@pytest.mark.long
def test_a_folder_that_is_a_file(project: Project, folder: Remote) -> None:
    (project.root.parent / "remote").write_text("x", encoding="utf-8")
    told = project.dsv("push", code=10).err
    assert told.startswith("error: The remote r does not answer: [Errno 20] Not a directory: ")


def test_a_folder_that_may_not_be_written(project: Project, folder: Remote) -> None:
    there = project.root.parent / "remote"
    there.mkdir()
    script = f'mount --bind "{there}" "{there}" && mount -o remount,ro,bind "{there}" && exec "$@"'
    inside = ["unshare", "--mount", "sh", "-c", script, "sh"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a folder read-only")
    done = subprocess.run(
        [*inside, sys.executable, "-m", "dsv", "push"], cwd=project.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 10
    assert "Read-only file system" in done.stderr
    assert done.stderr.endswith("\nhint: check the permissions\n")
    assert project.dsv("push").out == f"Sent {OBJECTS} of {OBJECTS} objects (r)\n"
