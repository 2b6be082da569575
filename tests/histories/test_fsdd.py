"""All 11 versions of the Free Spoken Digit Dataset: speakers come, one is withdrawn, one is encoded anew, one trimmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import dsv
from tests.conftest import Project
from tests.histories import replay

pytestmark = pytest.mark.real
Real = Callable[[str], Path]

BITS = {"PCM_U8": 8, "PCM_16": 16}
# Which facts about a file changed where its content did: from 8-bit stereo to 16-bit mono no frame is lost, and silence
# that is trimmed is nothing but frames.
ENCODED = {"bytes": 50, "channels": 50, "content": 50, "subtype": 50}
TRIMMED = {"bytes": 3, "content": 3, "frames": 3}
COLUMNS = {"v07": ENCODED, "v09": TRIMMED}


def build(project: Project, folder: Path, versions: list[str]) -> None:
    for name in versions:
        told = ["--kind", "media", "--license", "CC-BY-SA-4.0", "--snapshot"]
        replay.deliver(project, folder / name / "recordings", name, *(told if name == versions[0] else ()))
        if name == versions[0]:
            project.params()
        replay.commit(project, name)


def heard(project: Project, version: str) -> dict[str, Any]:
    """What facts.json has of a version, from its records."""
    rows = dsv.load(replay.tag(version), path=project.root).to_polars().to_dicts()
    formats = Counter(f"{r['rate']}Hz {r['channels']}ch {BITS[r['subtype']]}bit" for r in rows)
    return {
        "files": len(rows),
        "bytes": sum(r["bytes"] for r in rows),
        "wave_formats": formats,
        "not_readable_by_wave": sum(not r["decoded"] for r in rows),
        "seconds": pytest.approx(sum(r["frames"] / r["rate"] for r in rows), abs=0.001),
        "per_speaker": Counter(r["path"].split("_")[1] for r in rows),
        "per_digit": Counter(r["path"].split("_")[0] for r in rows),
        "distinct_content": len({r["content"] for r in rows}),
    }


def recorded(version: Mapping[str, Any]) -> dict[str, Any]:
    told = version["diff_prev"]
    counts = {
        "added": told["added"],
        "removed": told["removed"],
        "modified": told["changed"],
        "unchanged": told["same"],
    }
    return {
        "records": {"moved": 0, **counts},
        "columns": COLUMNS.get(version["v"], {}),
        "schema": replay.UNCHANGED,
    }


def test_a_withdrawn_speaker_and_files_encoded_anew_read_as_such(project: Project, real: Real) -> None:
    build(project, real("fsdd_versions"), ["v05", "v06", "v07"])
    (_, _, withdrawn), (_, _, anew) = replay.differences(project, ["v05", "v06", "v07"])
    takes = [f"s/{digit}_{{}}_{index}.wav" for digit in range(10) for index in range(5)]
    assert replay.ids(project, "v05", "v06") == {"removed": {take.format("jason") for take in takes}}
    assert replay.causes(withdrawn) == {("batch", "withdrawn"): 50}
    assert replay.ids(project, "v06", "v07") == {"modified": {take.format("nicolas") for take in takes}}
    assert anew["columns"] == ENCODED
    mono = "from_channels = 2 AND to_channels = 1 AND from_subtype = 'PCM_U8' AND to_subtype = 'PCM_16'"
    assert replay.matching(project, "v06", "v07", mono) == 50


@pytest.mark.long
def test_every_version_differs_from_the_one_before_as_recorded(project: Project, real: Real, tmp_path: Path) -> None:
    folder = real("fsdd_versions")
    known = {v["v"]: v for v in replay.facts(folder)["versions"]}
    build(project, folder, list(known))
    for name, version in known.items():
        found = heard(project, name)
        assert found == {key: version[key] for key in found}, name
    found = {b: replay.changes(diff) for _, b, diff in replay.differences(project, list(known))}
    assert found == {name: recorded(version) for name, version in known.items() if name != "v01"}
    replay.rebuilds_from_a_clone(project, ["v01", "v11"], tmp_path)
