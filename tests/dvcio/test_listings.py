"""The listings that a lock names, found by its lines: the same as those that YAML gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsv.dvcio import lock
from tests.conftest import Project

ROOT = Path(__file__).parents[2]


def _parsed(locked: bytes, pipeline: bytes) -> set[str]:
    stages = lock.parse(locked, pipeline).values()
    return {item.oid for stage in stages for item in (*stage.deps, *stage.outs) if item.oid.endswith(".dir")}


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_tell_what_yaml_tells(end: bytes) -> None:
    locked, pipeline = (ROOT.joinpath(name).read_bytes().replace(b"\n", end) for name in ("dvc.lock", "dvc.yaml"))
    assert lock.listings(locked, pipeline) == _parsed(locked, pipeline) != set()


def test_a_stage_that_is_gone_does_not_count(project: Project) -> None:
    path = project.write("rows.csv", "id,x\n1,2\n")
    project.dsv("add", str(path), "--source", "shop", "--key", "id", "--license", "MIT")
    params = (project.root / "params.yaml").read_text()
    (project.root / "params.yaml").write_text(f"{params}\nodd-one: {{use: clean, rules: [{{range: {{column: id, max: 0}}}}]}}\n")
    project.dsv("run")
    before = lock.listings(*_files(project))
    assert before == _parsed(*_files(project))
    (project.root / "params.yaml").write_text(params)
    project.dsv("run")
    assert b"odd-one" in _files(project)[0]
    assert lock.listings(*_files(project)) == _parsed(*_files(project)) != before


def test_only_stages_of_dsv_are_told_as_gone() -> None:
    locked = (
        b"stages:\n  clean-2:\n    cmd: dsv x clean-2\n    outs:\n    - {path: reports/clean-2.json, hash: md5, md5: abc}\n"
        b"  old:\n    cmd: python old.py\n    outs:\n    - {path: a, md5: abc}\n"
        b"  clean:\n    cmd: dsv x clean\n"
    )
    found = lock.gone(locked, b"stages:\n  clean: {cmd: dsv x clean}\n")
    assert {name: [out.path for out in stage.outs] for name, stage in found.items()} == {"clean-2": ["reports/clean-2.json"]}


def _files(project: Project) -> tuple[bytes, bytes]:
    return (project.root / "dvc.lock").read_bytes(), (project.root / "dvc.yaml").read_bytes()


@pytest.mark.parametrize("text", [b"", b"schema: '2.0'\nstages: {}\n", b"\xff", b"stages:\n  a:\n"])
def test_a_lock_without_a_listing_has_none(text: bytes) -> None:
    assert lock.listings(text, text) == set()
