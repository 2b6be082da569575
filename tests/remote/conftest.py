from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.conftest import Project, Shelf

ROWS = "id,x\n" + "".join(f"{i},{i * i}\n" for i in range(50))


class Remote(NamedTuple):
    """What a test does to a remote behind dsv's back."""

    names: Callable[[], list[str]]
    remove: Callable[[str], Any]
    damage: Callable[[str], Any]
    cut: Callable[[str], Any]


def dvc(project: Project, *args: str) -> None:
    subprocess.run(["dvc", *args], cwd=project.root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    started = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    yield f"http://{host}:{port}"
    started.stop()


def _folder(project: Project, tmp_path: Path) -> Remote:
    folder = tmp_path / "remote"
    dvc(project, "remote", "add", "-d", "r", str(folder))

    def damage(key: str, data: bytes = b"damaged") -> None:
        (folder / key).chmod(0o644)
        (folder / key).write_bytes(data)

    return Remote(
        lambda: sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()),
        lambda key: (folder / key).unlink(),
        damage,
        lambda key: damage(key, (folder / key).read_bytes()[:-1]),
    )


def _s3(project: Project, server: str, bucket: str) -> Remote:
    client = boto3.client("s3", endpoint_url=server, region_name="us-east-1")
    client.create_bucket(Bucket=bucket)
    dvc(project, "remote", "add", "-d", "r", f"s3://{bucket}")
    dvc(project, "remote", "modify", "r", "endpointurl", server)
    project.dsv("init")

    def keys() -> list[str]:
        return sorted(found["Key"] for found in client.list_objects_v2(Bucket=bucket).get("Contents", []))

    return Remote(
        keys,
        lambda key: client.delete_object(Bucket=bucket, Key=key),
        lambda key: client.put_object(Bucket=bucket, Key=key, Body=b"damaged"),
        lambda key: client.put_object(
            Bucket=bucket, Key=key, Body=client.get_object(Bucket=bucket, Key=key)["Body"].read()[:-1]
        ),
    )


def _build(made: Project) -> None:
    made.dsv("init", "--name", "reviews")
    path = made.write("a.csv", ROWS)
    made.dsv("add", str(path), "--source", "shop", "--batch", "b1", "--key", "id", "--license", "MIT")
    made.dsv("run")
    made.dsv("commit", "-m", "one", "--tag", "v1.0.0")


@pytest.fixture
def project(shelf: Shelf) -> Project:
    """A project with one version, v1.0.0."""
    return shelf.take("shop with a remote", _build)


@pytest.fixture(params=["folder", "s3"])
def remote(request: pytest.FixtureRequest, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Remote:
    if request.param == "folder":
        made = _folder(project, tmp_path)
    else:
        # Of the environment, as people give them: nothing of them may reach a file of the project.
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test-key-id")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        made = _s3(project, request.getfixturevalue("server"), tmp_path.name.replace("_", "-").lower()[-40:].strip("-"))
    project.git("commit", "-qam", "the remote")
    return made


@pytest.fixture
def folder(project: Project, tmp_path: Path) -> Remote:
    return _folder(project, tmp_path)
