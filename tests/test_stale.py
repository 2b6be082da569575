"""Whatever is changed by hand, `dsv run` builds what a run from scratch builds, and `dsv status` says beforehand that it will."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dsv
from dsv.record import yaml12
from tests.conftest import Project, Shelf
from tests.runner.workshop import Workshop

SECTIONS = {
    "clean": {"rules": [{"aliases": {"column": "text", "map": {"b": "a"}}}, {"range": {"column": "price", "min": 8}}]},
    "twice": {"use": "python", "function": "mine:twice"},
    "split": {"method": "fresh", "fractions": {"train": 0.5, "test": 0.5}, "stratify": ["text"]},
    "dedupe": {"use": "clean", "rules": [{"duplicate": {"columns": ["price"]}}]},
}
CODE = "import polars as pl\n\ndef twice(records):\n    return records.with_columns(twice=pl.col('price') * 2)\n"


def _built(project: Project) -> None:
    rows = "id,text,price\n" + "".join(f"{i},{'ab'[i % 2]},{i % 17}.5\n" for i in range(20))
    for source in ("shop", "stock"):
        told = ("--source", source, "--key", "id", "--license", "MIT")
        project.dsv("add", str(project.write("rows.csv", rows)), *told)
    (project.root / "mine.py").write_text(CODE)
    _write(project, _read(project) | SECTIONS)
    project.dsv("run")


@pytest.fixture
def built(shelf: Shelf, project: Project) -> Project:
    return shelf.take("stale", _built, lambda: project)


def _read(project: Project) -> dict[str, Any]:
    text = (project.root / "params.yaml").read_text().split("\n# Every section below")[0]
    return json.loads(text) if text.startswith("{") else yaml12.load(text)


def _write(project: Project, params: dict[str, Any]) -> None:
    (project.root / "params.yaml").write_text(json.dumps(params, indent=1))


def from_scratch(project: Project, folder: Path) -> dict[str, Any]:
    """What a run in an empty folder says of the data set."""
    shop = Workshop(folder)
    for name in ("params.yaml", "mine.py", "data/raw"):
        source, target = project.root / name, folder / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
    return shop.build()["audit"]["dataset"]


def recorded(project: Project) -> dict[str, Any]:
    return json.loads((project.root / "reports" / "audit.json").read_text())["dataset"]


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda params: {key: value for key, value in params.items() if key != name}


def first(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda params: {name: params[name] for name in ("dataset", "sources", *names)} | params


def swapped(params: dict[str, Any]) -> dict[str, Any]:
    return params | {"sources": dict(reversed(params["sources"].items()))}


CHANGES = [
    pytest.param(without("clean"), id="a stage is gone"),
    pytest.param(first("twice", "split", "dedupe"), id="a stage is later", marks=pytest.mark.long),
    pytest.param(first("dedupe"), id="a stage is earlier", marks=pytest.mark.long),
    pytest.param(swapped, id="the sources are in another order"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_another_order_of_what_params_say_is_built_as_from_scratch(
    built: Project, tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    before = recorded(built)
    _write(built, change(_read(built)))
    assert "hint: dsv run" in built.dsv("status").err
    built.dsv("run")
    assert recorded(built) == from_scratch(built, tmp_path / "scratch") != before
    assert len(dsv.load(".", path=built.root)) == recorded(built)["records"]


def test_a_stage_that_is_gone_leaves_no_report(built: Project) -> None:
    built.dsv("commit", "-m", "with dedupe and clean")
    (built.root / "reports" / "clean.json").write_text("{}")
    params = _read(built)
    _write(built, {name: section for name, section in params.items() if name not in ("dedupe", "clean")})
    told = built.dsv("status").out
    assert "stale: dedupe\n    stage dedupe: removed\n" in told
    built.dsv("run")
    # What somebody wrote over stays: it is no report any more.
    assert sorted(p.stem for p in (built.root / "reports").iterdir()) == ["audit", "clean", "ingest", "split", "twice"]
    built.dsv("commit", "-m", "without")
    assert "reports/dedupe.json" not in built.git("ls-files").split()


def test_another_order_of_the_fractions_is_no_change(built: Project, tmp_path: Path) -> None:
    before = recorded(built)
    _write(built, _read(built) | {"split": SECTIONS["split"] | {"fractions": {"test": 0.5, "train": 0.5}}})
    assert from_scratch(built, tmp_path / "scratch") == before


def test_a_function_that_was_edited_runs_again(built: Project) -> None:
    (built.root / "mine.py").write_text(CODE.replace("* 2", "* 3"))
    built.dsv("run")
    data = dsv.load(".", path=built.root).to_polars()
    assert data["twice"].to_list() == [3 * price for price in data["price"].to_list()]
