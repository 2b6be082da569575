"""Replays a real history as snapshot deliveries of one source, a commit each."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import dsv
from tests.conftest import Project


def facts(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "facts.json").read_text())


def deliver(project: Project, path: Path, version: str, *told: str) -> None:
    project.dsv("add", str(path), "--source", "s", "--batch", version, *told)


def read_with(project: Project, options: Mapping[str, Any]) -> None:
    """Says of the source how it is read, and that no stage but ingest works on it."""
    project.params()
    params = project.root / "params.yaml"
    lines = "".join(f"    {json.dumps(name)}: {json.dumps(value)}\n" for name, value in options.items())
    params.write_text(params.read_text().replace("    batches:", lines + "    batches:"))


def commit(project: Project, version: str) -> None:
    project.dsv("run")
    project.dsv("commit", "-m", version, "--tag", tag(version))


def tag(version: str) -> str:
    return f"v0.0.{int(version[1:])}"


def differences(project: Project, versions: Sequence[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for a, b in pairwise(versions):
        yield a, b, dsv.diff(tag(a), tag(b), path=project.root).json()


def rebuilds_from_a_clone(project: Project, version: str, folder: Path) -> None:
    """The version has the same root from its deliveries alone, in a clone with nothing but a remote folder."""
    remote = folder / "remote"
    remote.mkdir()
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "store", str(remote)], cwd=project.root, check=True)
    _git(project.root, "commit", "-qam", "remote")
    project.dsv("push", tag(version))
    _git(folder, "clone", "-q", str(project.root), "clone")
    clone = Project(folder / "clone")
    clone.dsv("pull", tag(version))
    found = clone.dsv("reproduce", tag(version), "--rebuild", "--format", "json").json()["dsv.reproduce/v1"]
    recorded = dsv.show(tag(version), path=project.root)["root"]
    assert (found["expected"], found["actual"]) == (recorded, recorded)


def _git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=folder, check=True)
