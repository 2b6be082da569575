"""All 33 versions of country-codes: columns come, go and are renamed, rows get lost, a file is appended to itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project
from tests.histories import replay

pytestmark = pytest.mark.real
Real = Callable[[str], Path]

# The Channel Islands and Sark have no ISO3166-1-Alpha-3: facts.json compares them as one record whose key is empty. A row
# without a key is no record; dsv has it in quarantine and says so. So many such rows are in:
KEYLESS = {"v06": 2, **{f"v{n:02}": 2 for n in range(9, 14)}, **{f"v{n:02}": 1 for n in range(14, 23)}, "v18": 2}
# Where that record of facts.json changed, and in which columns.
KEYLESS_CHANGED = {
    ("v13", "v14"): ("M49", "official_name_en", "official_name_fr"),
    ("v16", "v17"): ("CLDR display name",),
}
# v18 is the file twice, with 249 rows that are equal and Swaziland, first Eswatini, then Swaziland. facts.json takes the
# first row of a key, dsv the later one: the new name arrives with v19, where it is in the file for good.
SWAZILAND = (
    "CLDR display name", "UNTERM English Formal", "UNTERM English Short", "UNTERM French Formal", "UNTERM French Short",
    "UNTERM Spanish Formal", "UNTERM Spanish Short", "official_name_en", "official_name_es", "official_name_fr",
)  # fmt: skip
# A column is renamed where all values stay. In v06 five columns of currencies and official_name lost values as well, of
# 28 to 33 countries: these are other columns, gone and come.
RENAMED = {
    ("v04", "v05"): {"name_fr": "official_name_fr"},
    ("v11", "v12"): {"ISO3166-1-numeric": "M49"},
    ("v12", "v13"): {"geonameid": "Geoname ID"},
    # The byte order mark inside of a quoted name is part of the name.
    ("v18", "v19"): {"Global Code": "\ufeffGlobal Code"},
    ("v19", "v20"): {"\ufeffGlobal Code": "Global Code"},
}
# Other columns first, other line ends: the same data set. All else changed a value or a column.
SAME = [("v14", "v15"), ("v29", "v30")]


def right(fact: dict[str, Any]) -> dict[str, Any]:
    """What a difference is, where facts.json has another view."""
    found, pair = replay.recorded(fact), (fact["a"], fact["b"])
    _without_keyless(found, *pair)
    renamed = RENAMED.get(pair, {})
    schema = found["schema"]
    schema["removed"] = [name for name in schema["removed"] if name not in renamed]
    schema["added"] = [name for name in schema["added"] if name not in renamed.values()]
    schema["renamed"] = renamed
    for column in SWAZILAND:
        if pair == ("v17", "v18"):
            found["columns"].pop(column)
        if pair == ("v18", "v19"):
            found["columns"][column] = 1
    return found


def _without_keyless(found: dict[str, Any], a: str, b: str) -> None:
    if a not in KEYLESS and b not in KEYLESS:
        return
    both = "modified" if (a, b) in KEYLESS_CHANGED else "unchanged"
    op = both if a in KEYLESS and b in KEYLESS else "removed" if a in KEYLESS else "added"
    found["records"][op] -= 1
    for column in KEYLESS_CHANGED.get((a, b), ()):
        found["columns"][column] -= 1
        if not found["columns"][column]:
            del found["columns"][column]


def build(project: Project, folder: Path, names: Sequence[str]) -> None:
    for name in names:
        told = ["--license", "PDDL-1.0", "--snapshot", "--types", "string", "--key", "ISO3166-1-Alpha-3"]
        replay.deliver(project, folder / name / "country-codes.csv", name, *(told if name == names[0] else ()))
        if name == names[0]:
            project.params()
        replay.commit(project, name)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param("v14", "v15", id="columns in another order"),
        pytest.param("v18", "v19", id="a file that was appended to itself is mended"),
        pytest.param("v29", "v30", id="other line ends"),
    ],
)
def test_an_incident_reads_as_what_it_was(project: Project, real: Real, a: str, b: str) -> None:
    folder = real("country_codes_versions")
    build(project, folder, [a, b])
    ((_, _, found),) = replay.differences(project, [a, b])
    assert replay.changes(found) == right(replay.fact(folder, a, b))
    assert replay.equal_roots(project, [a, b]) == ([(a, b)] if (a, b) in SAME else [])
    assert found["to"]["quarantined"] - found["from"]["quarantined"] == KEYLESS.get(b, 0)


def test_the_first_screen_shows_a_mark_that_nobody_sees(project: Project, real: Real) -> None:
    build(project, real("country_codes_versions"), ["v19", "v20"])
    head, *told = project.dsv("diff", replay.tag("v19"), replay.tag("v20")).out.splitlines()
    assert head.endswith("249 → 249 records")
    assert told == [
        "249 unchanged   (major)",
        "quarantine  1 → 2 rows",
        'schema   "\\ufeffGlobal Code" renamed Global Code',
    ]


@pytest.mark.long
def test_every_version_differs_from_the_one_before_as_recorded(project: Project, real: Real, tmp_path: Path) -> None:
    folder = real("country_codes_versions")
    known = replay.facts(folder)
    versions = [v["v"] for v in known["versions"]]
    build(project, folder, versions)
    expected = {(fact["a"], fact["b"]): right(fact) for fact in known["diffs"]}
    found = {(a, b): diff for a, b, diff in replay.differences(project, versions)}
    assert {pair: replay.changes(diff) for pair, diff in found.items()} == expected
    assert replay.equal_roots(project, versions) == SAME
    assert replay.causes(found["v07", "v08"]) == {("batch", "withdrawn"): 46}
    assert replay.causes(found["v08", "v09"]) == {("batch", "restored"): 46}
    # NA is North America, and Namibia: no text but an empty one is null.
    assert replay.matching(project, "v09", "v10", "from_Continent IS NULL AND to_Continent = 'NA'") == 41
    refused = {b: diff["to"]["quarantined"] - diff["from"]["quarantined"] for (_, b), diff in found.items()}
    assert {version: n for version, n in refused.items() if n} == KEYLESS
    replay.rebuilds_from_a_clone(project, ["v01", "v33"], tmp_path)
