"""push, pull and healing against a folder and against a real S3 API server on loopback."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
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
        f"hint: dsv push {project.git('rev-parse', 'HEAD')[:10]}, from a clone that has them\n"
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


def _unpushed(project: Project) -> Any:
    return project.dsv("status", "--format", "json").json()["dsv.status/v1"]["unpushed"]


def test_status_says_which_versions_the_remote_lacks(project: Project, remote: Remote) -> None:
    assert project.dsv("status").out.endswith(" one\n")
    for salt in ("v2", "v3"):
        text = (project.root / "params.yaml").read_text()
        (project.root / "params.yaml").write_text(text.replace(text.split("salt: ")[1][:2], salt))
        project.dsv("run")
        project.dsv("commit", "-m", salt)
    told = project.dsv("status")
    assert [line.split()[0::2] for line in told.out.splitlines()[1:]] == [["unpushed:", "v3"], ["unpushed:", "v2"], ["unpushed:", "one"]]
    project.dsv("push")
    assert _unpushed(project) == 2
    project.dsv(*project.dsv("status").err.split()[2:])
    assert project.dsv("status").out == "Up to date; everything is committed.\n"
    assert _unpushed(project) == 0


def test_a_clone_does_not_count_what_it_has_not_got(project: Project, remote: Remote, tmp_path: Path) -> None:
    assert _unpushed(project) == 1
    project.dsv("push")
    project.git("clone", "-q", ".", str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    assert _unpushed(clone) == 0
    clone.dsv("pull")
    assert _unpushed(clone) == 0


def test_without_a_remote_there_is_nothing_to_push_to(project: Project) -> None:
    assert _unpushed(project) is None


def test_a_remote_that_is_a_folder_is_looked_into(project: Project, folder: Remote) -> None:
    project.dsv("push")
    folder.remove(next(key for key in folder.names() if key.endswith(".dir")))
    assert _unpushed(project) == 1


def test_dvc_itself_takes_nothing_damaged_from_a_remote_after_init(project: Project, folder: Remote) -> None:
    told = project.dsv("push")
    assert told.err == "hint: dsv init (verify = true: else dvc pull does not look at what it takes from r)\n"
    project.dsv("init")
    assert project.dsv("push").err == ""
    key = next(key for key in folder.names() if not key.endswith(".dir"))
    folder.damage(key)
    _forget(project)
    # Whatever its exit code says, the object is not in the cache.
    subprocess.run(["dvc", "pull"], cwd=project.root, capture_output=True)
    assert (project.root / ".dvc" / "cache" / "files" / "md5").exists()
    assert not (project.root / ".dvc" / "cache" / key).exists()
