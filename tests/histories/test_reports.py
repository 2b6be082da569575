"""What the first screen of a report tells of real histories is what happened (SOURCE.md of each)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import dsv
from dsv.ops import report as reporting
from dsv.pages import patterns, story
from tests.conftest import Project
from tests.histories import replay, test_bccd, test_fsdd, test_openflights

pytestmark = pytest.mark.real
Real = Callable[[str], Path]


def told(project: Project, a: str, b: str) -> story.Story:
    found = dsv.diff(replay.tag(a), replay.tag(b), path=project.root)
    made = reporting.facts(found, list(found.records()))
    return story.tell(made, patterns.find(made.deltas))


def test_exchanged_coordinates(project: Project, real: Real) -> None:
    test_openflights.build(project, real("openflights_airports_versions"), ["v02", "v03"], test_openflights.NO_NULL)
    found = told(project, "v02", "v03")
    assert found.headline == "4,374 of 4,377 records modified in lat and lon"
    assert found.because == ["other values in delivery s/v03"]
    assert found.findings == ["lat and lon exchanged their values in 4,374 records"]


@pytest.mark.long
def test_a_truncated_delivery_and_its_repair(project: Project, real: Real) -> None:
    test_openflights.build(project, real("openflights_airports_versions"), ["v08", "v09", "v10"], "\\N")
    cut, repaired = told(project, "v08", "v09"), told(project, "v09", "v10")
    assert cut.headline == "5,977 of 6,977 records removed, 30 modified"
    assert cut.warnings == ["86% of the records are gone. Was the delivery complete?"]
    assert cut.because == ["withdrawn by delivery s/v09 (5,977)", "other values in delivery s/v09 (30)"]
    assert repaired.headline == "6,411 records added"
    assert repaired.because == ["back with delivery s/v10, as they had been (5,395)", "new in delivery s/v10 (1,016)"]


@pytest.mark.long
def test_a_withdrawn_speaker_and_files_encoded_anew(project: Project, real: Real) -> None:
    test_fsdd.build(project, real("fsdd_versions"), ["v05", "v06", "v07"])
    withdrawn, anew = told(project, "v05", "v06"), told(project, "v06", "v07")
    assert (withdrawn.headline, withdrawn.findings) == (
        "50 of 200 records removed",
        ["all removed records have “jason” in their id"],
    )
    assert anew.headline == "50 of 150 records modified"
    assert anew.findings[:3] == [
        "all modified records have “nicolas” in their id",
        "channels: 2 → 1 in all 50",
        "subtype: PCM_U8 → PCM_16 in all 50",
    ]
    shown = dsv.report(replay.tag("v06"), replay.tag("v07"), path=project.root)
    assert shown.count("data:audio/wav;base64,") == 6


@pytest.mark.long
def test_boxes_drawn_anew_and_labels_spelled_right(project: Project, real: Real) -> None:
    test_bccd.build(project, real("bccd"), ["v01", "v02", "v03"])
    passes, spelled = told(project, "v01", "v02"), told(project, "v02", "v03")
    assert passes.headline == "361 of 366 records modified in boxes"
    assert passes.findings[0].startswith("boxes: 1,109 drawn (RBC 376, WBC 372, Platelets 356")
    assert spelled.headline == "4 of 366 records modified in boxes"
    assert spelled.because == ["annotations in s/v03"]
    assert spelled.findings == [
        "boxes: 5 relabelled (Platetlets → Platelets 2, Platlets → Platelets 2, Platetets → Platelets 1)"
    ]
    drawn = dsv.report(replay.tag("v02"), replay.tag("v03"), path=project.root)
    assert drawn.count("→ Platelets</text>") == 3
