"""push, pull and healing against a folder and against a real S3 API server on loopback."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

from tests.conftest import Project
from tests.remote.conftest import Remote, dvc


def _root(project: Project) -> Any:
    return project.dsv("show", "--format", "json").json()["dsv.show/v1"]["root"]


def _forget(project: Project) -> None:
    shutil.rmtree(project.root / ".dvc" / "cache")


def test_a_version_goes_there_and_comes_back_whole(project: Project, remote: Remote) -> None:
    root = _root(project)
    total = len(list((project.root / ".dvc" / "cache" / "files").rglob("??/*")))
    assert project.dsv("push").out == f"Sent {len(remote.names())} of {len(remote.names())} objects (r)\n"
    assert 0 < len(remote.names()) <= total
    assert project.dsv("push").out == f"Sent 0 of {len(remote.names())} objects (r)\n"
    _forget(project)
    project.dsv("verify", code=13)
    project.dsv("pull")
    project.dsv("verify")
    assert _root(project) == root
    tracked = subprocess.run(["git", "grep", "-l", "test-secret", "HEAD"], cwd=project.root, capture_output=True)
    assert tracked.stdout == b""


def test_an_interrupted_push_is_completed(project: Project, remote: Remote) -> None:
    project.dsv("push")
    whole = remote.names()
    # As an interrupted push leaves it, and worse: listings there, files of theirs not.
    for key in [key for key in whole if not key.endswith(".dir")][::2]:
        remote.remove(key)
    left = remote.names()
    assert left != whole
    assert project.dsv("push").out == f"Sent {len(whole) - len(left)} of {len(whole)} objects (r)\n"
    assert remote.names() == whole


def test_an_object_deleted_on_the_remote_is_noticed(project: Project, remote: Remote) -> None:
    project.dsv("push")
    gone = next(key for key in remote.names() if not key.endswith(".dir"))
    count = len(remote.names())
    listings = sum(key.endswith(".dir") for key in remote.names())
    remote.remove(gone)
    _forget(project)
    oid = "".join(gone.split("/")[-2:])
    assert project.dsv("pull", code=13).err == (
        f"error: 1 of {count - listings} objects are missing or damaged on the remote r, the first is {oid}.\n"
        "hint: dsv push, from a clone that has them\n"
    )


def test_an_object_damaged_on_the_remote_is_never_taken(project: Project, remote: Remote) -> None:
    project.dsv("push")
    key = next(key for key in remote.names() if not key.endswith(".dir"))
    oid = "".join(key.split("/")[-2:])
    remote.damage(key)
    _forget(project)
    assert f"the first is {oid}." in project.dsv("pull", code=13).err
    assert not (project.root / ".dvc" / "cache" / "files" / "md5" / oid[:2] / oid[2:]).exists()


def test_a_damaged_object_of_the_cache_is_healed(project: Project, remote: Remote) -> None:
    project.dsv("push")
    oid = "".join(next(key for key in remote.names() if not key.endswith(".dir")).split("/")[-2:])
    path = project.root / ".dvc" / "cache" / "files" / "md5" / oid[:2] / oid[2:]
    path.unlink()
    path.write_bytes(b"damaged")
    path.chmod(0o444)
    assert project.dsv("verify", code=13).err == "error: 1 objects are damaged, 0 missing.\nhint: dsv verify --heal\n"
    assert project.dsv("verify", "--heal").err == ""
    assert project.dsv("verify").err == ""


def test_a_remote_that_does_not_answer(project: Project, remote: Remote) -> None:
    dvc(project, "remote", "add", "far", "s3://nowhere")
    dvc(project, "remote", "modify", "far", "endpointurl", "http://127.0.0.1:9")
    told = project.dsv("push", "--remote", "far", code=10).err
    assert told.startswith("error: The remote far does not answer: ")
    assert told.endswith("\nhint: check the connection, then run the command again\n")
    assert "Traceback" not in told
