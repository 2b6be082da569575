"""The chain of BCCD: 366 pictures of blood cells whose boxes were drawn, completed, corrected and spelled anew."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import dsv
from tests.conftest import Project
from tests.histories import replay

pytestmark = pytest.mark.real
Real = Callable[[str], Path]

CHAIN = ("cosmicad", "akshaylamba", "bccd_2017", "bccd_2019")
VERSIONS = dict(zip(("v01", "v02", "v03", "v04"), CHAIN, strict=True))
STAGES = {
    "clean": {"rules": ["undecodable"]},
    "merge": {"kind": "boxes"},
    # After the merge: the boxes are a column of the pictures only then.
    "clean-boxes": {"use": "clean", "rules": [{"boxes": {}}]},
    "split": {"fractions": {"train": 0.8, "test": 0.2}},
    "audit": {},
}
PAIRS = tuple(pairwise(VERSIONS))
SIDES = ("xmin", "ymin", "xmax", "ymax")
Boxes = Mapping[str, Counter[tuple[Any, ...]]]


def build(project: Project, folder: Path, versions: Sequence[str]) -> None:
    """The pictures once; their annotations as snapshots of one source, the annotator of which nobody knows."""
    project.dsv("add", str(folder / "images"), "--source", "images", "--kind", "media", "--license", "MIT")
    for version in versions:
        path = folder / f"ann_{VERSIONS[version]}"
        told = ["--item", "path", "--value", "boxes", "--of", "images", "--license", "MIT", "--snapshot"]
        first = version == versions[0]
        project.dsv("add", str(path), "--source", "s", "--batch", version, *(told if first else ()))
        if first:
            replay.read_with(project, {"match": "stem"})
            project.params(**STAGES)
        replay.commit(project, version)


def drawn(folder: Path, version: str) -> Boxes:
    """The boxes of each picture as a few lines of Python read them, without those that have no area."""
    found: dict[str, Counter[tuple[Any, ...]]] = {}
    for path in (folder / f"ann_{VERSIONS[version]}").glob("*.xml"):
        boxes = found.setdefault(f"images/{path.stem}.jpg", Counter())
        for thing in ET.parse(path).getroot().iter("object"):
            left, top, right, bottom = (float(thing.findtext(f"bndbox/{side}")) for side in SIDES)
            if right > left and bottom > top:
                boxes[thing.findtext("name"), left, top, right, bottom] += 1
    return found


def kept(project: Project, version: str) -> Boxes:
    """The boxes of each picture that dsv has any of."""
    rows = dsv.load(replay.tag(version), path=project.root).to_polars().select("path", "boxes").to_dicts()
    return {
        f"images/{row['path']}": Counter((box["label"], *(box[side] for side in SIDES)) for box in row["boxes"])
        for row in rows
        if row["boxes"] is not None
    }


def classes(boxes: Boxes) -> Counter[str]:
    return Counter(box[0] for some in boxes.values() for box in some.elements())


def cells(boxes: Boxes, only: str) -> Boxes:
    return {picture: Counter({b: n for b, n in some.items() if b[0] == only}) for picture, some in boxes.items()}


def without_area(project: Project, picture: str) -> list[str]:
    """What `dsv why` tells of the rule that looks at boxes."""
    steps = dsv.why(picture, path=project.root).steps
    return [step.detail.partition(" elements ")[2] for step in steps if step.rule == "boxes"]


def test_4888_boxes_of_364_pictures_two_without_area_and_five_spelled_wrong(project: Project, real: Real) -> None:
    folder = real("bccd")
    build(project, folder, ["v02", "v03"])
    shown = dsv.show("HEAD", path=project.root)
    assert (shown["records"], shown["stages"]["merge"]["summary"]["undecided"]) == (366, {"none": 2})
    boxes = kept(project, "v03")
    assert len(boxes) == 364
    assert classes(boxes) == {"RBC": 4155 - 2, "WBC": 372, "Platelets": 361}
    report = project.dsv("run", "--format", "json").json()["dsv.run/v1"]
    assert [stage["changed"] for stage in report if stage["stage"] == "clean-boxes"] == [{"boxes": 2}]
    assert without_area(project, "images/BloodImage_00338.jpg") == ["(RBC 504,337,504,337 zero area)"]
    assert without_area(project, "images/BloodImage_00343.jpg") == ["(RBC 181,329,181,329 zero area)"]
    found = dsv.diff(replay.tag("v02"), replay.tag("v03"), path=project.root).json()
    assert [(c["kind"], c["what"], c["modified"]) for c in found["causes"]] == [("annotation", "s", 4)]


@pytest.mark.long
def test_the_chain_of_annotations_differs_as_recorded(project: Project, real: Real, tmp_path: Path) -> None:
    folder = real("bccd")
    known = replay.facts(folder)
    build(project, folder, list(VERSIONS))
    boxes = {version: kept(project, version) for version in VERSIONS}
    for version, name in VERSIONS.items():
        assert boxes[version] == drawn(folder, version)
        told = known[f"ann_{name}"]
        assert classes(boxes[version]) == Counter(told["per_class"]) - Counter(RBC=len(told["zero_area_boxes"]))
    found = {b: dsv.diff(replay.tag(a), replay.tag(b), path=project.root).json() for a, b in PAIRS}
    for a, b in PAIRS:
        modified = {p for p in {*boxes[a], *boxes[b]} if boxes[a].get(p) != boxes[b].get(p)}
        assert replay.ids(project, a, b) == ({"modified": modified} if modified else {})
        assert [(c["kind"], c["to"], c["modified"]) for c in found[b]["causes"]] == (
            [("annotation", f"s/{b}", len(modified))] if modified else []
        )
    # Two passes of drawing: the red cells of 67 pictures that both have differ.
    red = cells(boxes["v01"], "RBC"), cells(boxes["v02"], "RBC")
    differing = {p for p in {*red[0]} & {*red[1]} if red[0][p] != red[1][p]}
    told = known["two_annotators_RBC_cosmicad_vs_akshaylamba"]
    assert differing == {f"images/{stem}.jpg" for stem in told["differing"]}
    assert sum(sum((red[0][p] & red[1][p]).values()) for p in differing) == told["in_differing_images"]["identical"]
    # Misspelled platelets, mended: five boxes of four pictures.
    told = known["diff_akshaylamba_to_bccd_2017"]
    assert replay.ids(project, "v02", "v03") == {"modified": {f"images/{stem}.jpg" for stem in told["differing"]}}
    # Three files name their picture otherwise, which is no matter of a picture or its boxes.
    assert len(known["bytes_changed_bccd_2017_to_2019"]) == 3
    assert replay.equal_roots(project, list(VERSIONS)) == [("v03", "v04")]
    replay.rebuilds_from_a_clone(project, ["v01", "v04"], tmp_path)
