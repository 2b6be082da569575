"""All 16 versions of openflights' airports.dat: without a header, with new columns and another key on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project
from tests.histories import replay

pytestmark = pytest.mark.real
Real = Callable[[str], Path]

# v05 has 5,497 rows and 9 keys twice; v06 has an id for every row. Another key makes other records, of which facts.json
# says nothing but that no other column changed.
REKEYED = {"added": 5497, "removed": 5497 - 9, "modified": 0, "moved": 0, "unchanged": 0}
# v13 writes `Xi\\'AN` and v14 `Xi\'AN`. dsv takes a backslash as an escape before a quote or a backslash only, so that \N
# stays \N: both are `Xi\'AN`. facts.json takes it before any character and counts 4 cells; 3 rows have no other change.
ESCAPED = 3
# Codes that may be \N are part of the first key; facts.json compares that as text, so no token is null there.
NO_NULL = "(none)"


def right(fact: dict[str, Any]) -> dict[str, Any]:
    """What a difference is, where facts.json has another view."""
    found = replay.recorded(fact)
    if (fact["a"], fact["b"]) == ("v05", "v06"):
        found["records"] = REKEYED
    if (fact["a"], fact["b"]) == ("v13", "v14"):
        found["records"]["modified"] -= ESCAPED
        found["records"]["unchanged"] += ESCAPED
        assert found["columns"].pop("city") == 4
    return found


def build(project: Project, folder: Path, names: Sequence[str], null: str) -> None:
    versions = {v["v"]: v for v in replay.facts(folder)["versions"]}
    for name in names:
        told = ["--names", ",".join(versions[name]["columns"])]
        told += [part for column in versions[name]["key"] for part in ("--key", column)]
        if name == names[0]:
            told += ["--license", "ODbL-1.0", "--snapshot", "--types", "string", "--format", "csv"]
        replay.deliver(project, folder / name / "airports.dat", name, *told)
        if name == names[0]:
            replay.read_with(project, {"escape": "\\", "null": [null]})
        replay.commit(project, name)


def test_swapped_coordinates_read_as_two_changed_columns(project: Project, real: Real) -> None:
    folder = real("openflights_airports_versions")
    build(project, folder, ["v02", "v03"], NO_NULL)
    ((_, _, found),) = replay.differences(project, ["v02", "v03"])
    assert replay.changes(found) == replay.difference(folder, "v02", "v03")
    assert found["columns"] == {"lat": 4374, "lon": 4374}
    swapped = "from_lat = to_lon AND from_lon = to_lat"
    assert replay.matching(project, "v02", "v03", swapped) == 4374


def test_a_truncated_snapshot_and_its_repair_read_as_withdrawn_and_back(project: Project, real: Real) -> None:
    folder = real("openflights_airports_versions")
    build(project, folder, ["v08", "v09", "v10"], "\\N")
    (_, _, cut), (_, _, repaired) = replay.differences(project, ["v08", "v09", "v10"])
    assert replay.changes(cut) == replay.difference(folder, "v08", "v09")
    assert replay.causes(cut) == {("batch", "withdrawn"): 5977, ("content", None): 30}
    assert replay.changes(repaired) == replay.difference(folder, "v09", "v10")
    # Of the 6,411 rows that come back 5,395 are as they were in v08: taken back, not stored again.
    assert replay.causes(repaired) == {("batch", "restored"): 5395, ("batch", "added"): 1016}


@pytest.mark.long
def test_every_version_differs_from_the_one_before_as_recorded(project: Project, real: Real, tmp_path: Path) -> None:
    folder = real("openflights_airports_versions")
    known = replay.facts(folder)
    versions = [v["v"] for v in known["versions"]]
    build(project, folder, versions, NO_NULL)
    expected = {(fact["a"], fact["b"]): right(fact) for fact in known["diffs"]}
    found = {(a, b): replay.changes(diff) for a, b, diff in replay.differences(project, versions)}
    assert found == expected
    # Every version changed something but the order or the spelling of its rows.
    assert replay.equal_roots(project, versions) == []
    replay.rebuilds_from_a_clone(project, ["v01", "v16"], tmp_path)
