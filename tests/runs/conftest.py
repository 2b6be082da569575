from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import dsv
from dsv.ops.delivery import Delivery
from tests.conftest import Project, Shelf

COUNTRIES = ("de", "fr")
# Two versions: the second relabels 1 to 4 from ham to spam, brings 21 to 24 and takes 20 away.
FIRST = {i: ("ham" if i <= 10 else "spam") for i in range(1, 21)}
SECOND = {i: ("spam" if i <= 4 else FIRST.get(i, "ham")) for i in [*range(1, 20), *range(21, 25)]}
SECTIONS = {
    "clean": {"rules": []},
    "split": {"method": "hash", "fractions": {"train": 0.5, "test": 0.5}},
    "audit": {"label": "label", "groups": ["country"]},
}


def _rows(labels: Mapping[int, str]) -> str:
    return "id,text,label,country\n" + "".join(
        f"{i},text {i},{label},{COUNTRIES[i % 2]}\n" for i, label in labels.items()
    )


def build(project: Project, message: str, version: str | None = None) -> None:
    """Runs and commits the workspace."""
    dsv.run(path=project.root)
    dsv.commit(message, version, path=project.root)


def _versions(project: Project) -> None:
    about = {"batch": "first", "snapshot": True, "key": ("id",), "license": "MIT"}
    dsv.add(Delivery([project.write("first.csv", _rows(FIRST))], "shop", **about), path=project.root)
    project.params(**SECTIONS)
    build(project, "first", "v1.0.0")
    dsv.add(Delivery([project.write("second.csv", _rows(SECOND))], "shop", batch="second"), path=project.root)
    build(project, "second", "v2.0.0")


@pytest.fixture
def versions(shelf: Shelf, project: Project) -> Project:
    return shelf.take("versions", _versions, lambda: project)


def predictions(path: Path, said: Mapping[int, str | None]) -> Path:
    """Predictions of records by their number, in the format of the file's suffix."""
    rows = [{"id": f"shop/{i}", "prediction": label} for i, label in said.items()]
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["id", "prediction"])
            writer.writeheader()
            writer.writerows(rows)
    return path


# The first run learned what v1.0.0 says, but takes 11 for ham; the second learned v2.0.0, but takes 12 for ham. Both know 1 to 15.
SAID = {
    "before": {i: "ham" if i == 11 else FIRST[i] for i in range(1, 16)},
    "after": {i: "ham" if i == 12 else SECOND[i] for i in range(1, 16)},
}


def _trained(project: Project) -> None:
    for name, rev, accuracy in (("before", "v1.0.0", 0.8), ("after", "v2.0.0", 0.9)):
        said = predictions(project.root / f"{name}.csv", SAID[name])
        told = project.root / f"{name}.json"
        told.write_text(json.dumps({"accuracy": accuracy, "f1": {"macro": accuracy / 2}}), encoding="utf-8")
        dsv.add_run(name, rev, metrics=told, split="train", predictions=said, path=project.root)
    project.git("add", ".")
    project.git("commit", "-qm", "runs")


@pytest.fixture
def trained(shelf: Shelf, versions: Project) -> Project:
    return shelf.take("trained", _trained, lambda: versions)
