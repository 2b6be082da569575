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

OPS = ("added", "removed", "modified", "moved")
UNCHANGED = {"added": [], "removed": [], "renamed": {}, "retyped": {}}


def facts(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "facts.json").read_text())


def deliver(project: Project, path: Path, version: str, *told: str) -> None:
    project.dsv("add", str(path), "--source", "s", "--batch", version, *told)


def read_with(project: Project, options: Mapping[str, Any]) -> None:
    """Says of the newest source how it is read, and that no stage but ingest works on it."""
    project.params()
    params = project.root / "params.yaml"
    lines = "".join(f"    {json.dumps(name)}: {json.dumps(value)}\n" for name, value in options.items())
    before, batches, after = params.read_text().rpartition("    batches:")
    params.write_text(before + lines + batches + after)


def commit(project: Project, version: str) -> None:
    """Builds and commits a version; every row that was delivered is a record or was dropped by name."""
    ingest = project.dsv("run", "--format", "json").json()["dsv.run/v1"][0]
    assert ingest["in"] == ingest["kept"] + sum(ingest["dropped"].values())
    project.dsv("commit", "-m", version, "--tag", tag(version))


def tag(version: str) -> str:
    return f"v0.0.{int(version[1:])}"


def differences(project: Project, versions: Sequence[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """`dsv.diff/v1` of each version and the one before; every change in it has one cause, a delivery."""
    for a, b in pairwise(versions):
        found = dsv.diff(tag(a), tag(b), path=project.root).json()
        for op in OPS:
            assert sum(cause[op] for cause in found["causes"]) == found["records"][op], (a, b, op)
        assert {(c["kind"], c["what"]) for c in found["causes"]} <= {("batch", f"s/{b}"), ("content", f"s/{b}")}
        yield a, b, found


def changes(found: Mapping[str, Any]) -> dict[str, Any]:
    """Of a difference what `recorded` has."""
    return {name: found[name] for name in ("records", "columns", "schema")}


def recorded(fact: Mapping[str, Any]) -> dict[str, Any]:
    """A difference as facts.json has it, which knows of no renames: one column gone, another come."""
    names = {"added": "added", "removed": "removed", "modified": "changed", "unchanged": "unchanged"}
    schema = {"added": sorted(fact["columns_added"]), "removed": sorted(fact["columns_removed"])}
    return {
        "records": {"moved": 0, **{name: fact.get(told, 0) for name, told in names.items()}},
        "columns": fact.get("changed_cells_by_column", {}),
        "schema": UNCHANGED | schema,
    }


def fact(folder: Path, a: str, b: str) -> dict[str, Any]:
    return next(d for d in facts(folder)["diffs"] if (d["a"], d["b"]) == (a, b))


def difference(folder: Path, a: str, b: str) -> dict[str, Any]:
    return recorded(fact(folder, a, b))


def equal_roots(project: Project, versions: Sequence[str]) -> list[tuple[str, str]]:
    """The successive versions that are the same data set."""
    roots = {v: dsv.show(tag(v), path=project.root)["root"] for v in versions}
    return [(a, b) for a, b in pairwise(versions) if roots[a] == roots[b]]


def matching(project: Project, a: str, b: str, where: str) -> int:
    """How many changed records an SQL expression over from_COLUMN and to_COLUMN holds for."""
    return sum(1 for _ in dsv.diff(tag(a), tag(b), path=project.root).records(where=where))


def ids(project: Project, a: str, b: str) -> dict[str, set[str]]:
    """The ids of the changed records by what happened to them."""
    found: dict[str, set[str]] = {}
    for delta in dsv.diff(tag(a), tag(b), path=project.root).records():
        found.setdefault(delta.op, set()).add(delta.id)
    return found


def causes(found: Mapping[str, Any]) -> dict[tuple[str, str | None], int]:
    """Records by kind of cause and what a delivery did to them."""
    return {(c["kind"], c["to"]): sum(c[op] for op in OPS) for c in found["causes"]}


def rebuilds_from_a_clone(project: Project, versions: Sequence[str], folder: Path) -> None:
    """Versions have the same root from their deliveries alone, in a clone with nothing but a remote folder."""
    remote = folder / "remote"
    remote.mkdir()
    subprocess.run(["dvc", "remote", "add", "-q", "-d", "store", str(remote)], cwd=project.root, check=True)
    _git(project.root, "commit", "-qam", "remote")
    tags = [tag(version) for version in versions]
    project.dsv("push", *tags)
    _git(folder, "clone", "-q", str(project.root), "clone")
    clone = Project(folder / "clone")
    clone.dsv("pull", *tags)
    for name in tags:
        found = clone.dsv("reproduce", name, "--rebuild", "--format", "json").json()["dsv.reproduce/v1"]
        root = dsv.show(name, path=project.root)["root"]
        assert (found["expected"], found["actual"]) == (root, root)


def _git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=folder, check=True)
