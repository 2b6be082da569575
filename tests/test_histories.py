"""Incidents of real histories, replayed as snapshot deliveries: each reads as what it was. Facts: facts.json of the data sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dsv
from dsv.formats import registry
from dsv.formats.base import ReadSpec
from tests.conftest import Project

pytestmark = pytest.mark.real
Real = Callable[[str], Path]


def facts(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "facts.json").read_text())


def replay(
    project: Project, folder: Path, file: str, versions: list[str], options: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Delivers the versions as snapshots of one source, one commit each; the diffs of successive ones."""
    told = {v["v"]: v for v in facts(folder)["versions"]}[versions[0]]
    keys = [part for column in told["key"] for part in ("--key", column)]
    for number, version in enumerate(versions):
        path = folder / version / file
        if number == 0:
            project.dsv(
                "add",
                str(path),
                "--source",
                "s",
                "--batch",
                version,
                "--license",
                "ODbL-1.0",
                "--snapshot",
                "--types",
                "string",
                "--format",
                "csv",
                *keys,
            )
            project.params()
            if options:
                params = project.root / "params.yaml"
                lines = "".join(f"    {json.dumps(name)}: {json.dumps(value)}\n" for name, value in options.items())
                params.write_text(params.read_text().replace("    batches:", lines + "    batches:"))
        else:
            project.dsv("add", str(path), "--source", "s", "--batch", version)
        project.dsv("run")
        project.dsv("commit", "-m", version, "--tag", f"v0.0.{number + 1}")
    return [dsv.diff(f"v0.0.{n}", f"v0.0.{n + 1}", path=project.root).json() for n in range(1, len(versions))]


def recorded(folder: Path, a: str, b: str) -> dict[str, int]:
    found = next(d for d in facts(folder)["diffs"] if (d["a"], d["b"]) == (a, b))
    return {
        "added": found["added"],
        "removed": found["removed"],
        "modified": found["changed"],
        "moved": 0,
        "unchanged": found["unchanged"],
    }


def test_a_truncated_snapshot_and_its_repair_read_as_withdrawn_and_back(project: Project, real: Real) -> None:
    folder = real("openflights_airports_versions")
    columns = {v["v"]: v for v in facts(folder)["versions"]}["v08"]["columns"]
    cut, repaired = replay(
        project,
        folder,
        "airports.dat",
        ["v08", "v09", "v10"],
        {"header": False, "names": columns, "escape": "\\", "null": ["\\N"]},
    )
    assert cut["records"] == recorded(folder, "v08", "v09")
    assert {c["kind"]: c["removed"] for c in cut["causes"]} == {"batch": 5977, "content": 0}
    assert repaired["records"] == recorded(folder, "v09", "v10")
    assert {c["to"] for c in repaired["causes"]} == {"added", "restored"}


def test_swapped_coordinates_read_as_two_changed_columns(project: Project, real: Real) -> None:
    folder = real("openflights_airports_versions")
    columns = {v["v"]: v for v in facts(folder)["versions"]}["v02"]["columns"]
    # The key of these versions holds codes that may be \N; facts.json compares that as text, so no token is null here.
    (swapped,) = replay(
        project,
        folder,
        "airports.dat",
        ["v02", "v03"],
        {"header": False, "names": columns, "escape": "\\", "null": ["(none)"]},
    )
    assert swapped["records"] == recorded(folder, "v02", "v03")
    assert swapped["columns"] == {"lat": 4374, "lon": 4374}


def test_a_reorder_of_columns_changes_no_record_and_no_root(project: Project, real: Real) -> None:
    folder = real("country_codes_versions")
    (reordered,) = replay(project, folder, "country-codes.csv", ["v14", "v15"])
    # facts.json counts 250 rows; one of them has no key (an empty ISO3166-1-Alpha-3) and is in quarantine, told so.
    assert reordered["records"] == recorded(folder, "v14", "v15") | {"unchanged": 249}
    assert reordered["from"]["root"] == reordered["to"]["root"]
    assert dsv.show("HEAD", path=project.root)["quarantined"] == 2


def test_a_file_concatenated_with_itself_brings_one_record_its_header(project: Project, real: Real) -> None:
    folder = real("country_codes_versions")
    (mended,) = replay(project, folder, "country-codes.csv", ["v18", "v19"])
    assert mended["records"] == recorded(folder, "v18", "v19") | {"unchanged": 245}
    # The byte order mark inside of a quoted name is part of the name: the column was renamed, as the values prove.
    assert mended["schema"]["renamed"] == {"Global Code": "\ufeffGlobal Code"}


def test_line_ends_change_no_root(project: Project, real: Real) -> None:
    folder = real("country_codes_versions")
    (same,) = replay(project, folder, "country-codes.csv", ["v29", "v30"])
    assert same["from"]["root"] == same["to"]["root"]


def test_uci_adult_has_52_exact_duplicates(project: Project, real: Real) -> None:
    folder = real("uci_adult")
    for name, options in (("adult-train.csv", ["--license", "CC-BY-4.0", "--types", "string"]), ("adult-test.csv", [])):
        project.dsv("add", str(folder / name), "--source", "adult", *options)
    params = project.root / "params.yaml"
    names = json.dumps([f"c{i:02d}" for i in range(15)])
    params.write_text(
        params.read_text().replace("    batches:", f"    header: false\n    names: {names}\n    batches:")
    )
    aliases = {"column": "c14", "map": {"<=50K.": "<=50K", ">50K.": ">50K"}}
    project.params(clean={"rules": [{"text": {"columns": ["c14"]}}, {"aliases": aliases}, {"duplicate": {}}]})
    project.dsv("run")
    shown = dsv.show(".", path=project.root)
    assert shown["stages"]["clean"]["in"] == 48_842
    assert shown["dropped"] == {"clean.duplicate": 52}


def test_sms_spam_has_5574_messages_and_403_duplicates(project: Project, real: Real) -> None:
    project.dsv(
        "add", str(real("sms_spam") / "sms.tsv"), "--source", "sms", "--license", "CC-BY-4.0", "--types", "string"
    )
    params = project.root / "params.yaml"
    params.write_text(
        params.read_text().replace(
            "    batches:", "    header: false\n    names: [label, text]\n    quote: false\n    batches:"
        )
    )
    project.params(clean={"rules": [{"duplicate": {}}]}, audit={"label": "label"})
    project.dsv("run")
    shown = dsv.show(".", path=project.root)
    assert (shown["stages"]["clean"]["in"], shown["dropped"]) == (5574, {"clean.duplicate": 403})


def test_bccd_has_4888_boxes_two_of_them_without_area(real: Real) -> None:
    folder = real("bccd") / "ann_bccd_2019"
    names = sorted(p.name for p in folder.iterdir())
    chunks = [chunk for task in registry.tasks(folder, names, "voc", ReadSpec()) for chunk in registry.read(task)]
    boxes = [box | {"stem": row["stem"]} for chunk in chunks for row in chunk.table.to_pylist() for box in row["boxes"]]
    counts = {label: sum(box["label"] == label for box in boxes) for label in ("RBC", "WBC", "Platelets")}
    assert counts == {"RBC": 4155, "WBC": 372, "Platelets": 361}
    flat = [box["stem"] for box in boxes if box["xmin"] == box["xmax"] or box["ymin"] == box["ymax"]]
    assert flat == ["BloodImage_00338", "BloodImage_00343"]
    assert sum(len(chunk.bad) for chunk in chunks) == 0
