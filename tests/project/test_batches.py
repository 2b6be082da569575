"""What a batch changes about how it and later ones are read."""

from __future__ import annotations

import pytest

import dsv
from dsv.project.params import parse
from dsv.record.problem import ParamsError
from dsv.runner.ingest.ingest import own_signatures, signature
from tests.conftest import Project

HEAD = "dataset: d\nsources:\n  s:\n    header: false\n    names: [a, b]\n    key: [a]\n"


def batches(written: str, head: str = HEAD) -> str:
    return f"{head}    batches: {written}\n"


def test_a_batch_changes_how_it_and_later_ones_are_read() -> None:
    source = parse(batches("[x, {name: y, names: [i, a, b], key: [i]}, z]")).sources["s"]
    assert source.batches == ("x", "y", "z")
    assert [(s.names, s.key) for s in source.delivered()] == [
        (("a", "b"), ("a",)),
        (("i", "a", "b"), ("i",)),
        (("i", "a", "b"), ("i",)),
    ]


def test_a_batch_with_a_header_needs_no_names() -> None:
    source = parse(batches("[x, {name: y, header: true}]")).sources["s"]
    assert [(s.header, s.names) for s in source.delivered()] == [(False, ("a", "b")), (True, ())]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("[x, {name: x, names: [c]}]", 'line 7: sources.s.batches[1]: found "x" twice'),
        ("[x, {names: [c]}]", "line 7: sources.s.batches[1]: the key name is missing"),
        ("[x, {name: y, quote: true}]", "line 7: sources.s.batches[1].quote: found true, one character, false or null is wanted"),
        ("[x, {name: y, encoding: no}]", 'line 7: sources.s.batches[1].encoding: found "no", which Python does not know as a text encoding'),
        ("[x, {name: y, license: MIT}]", None),
        ("[x, {name: y, header: true, names: [a]}, z]", "line 7: sources.s.batches[1].names: names are for files without a header; set header: false"),
    ],
)  # fmt: skip
def test_what_a_batch_cannot_say_is_refused(written: str, problem: str | None) -> None:
    with pytest.raises(ParamsError) as caught:
        parse(batches(written))
    told = [str(p) for p in caught.value.problems]
    assert told == [problem] if problem else "unknown key" in told[0]


def test_a_batch_that_changes_leaves_the_signatures_of_earlier_ones() -> None:
    old = parse(batches("[x]")).sources["s"]
    new = parse(batches("[x, {name: y, names: [a, c]}]")).sources["s"]
    assert own_signatures(new)[:2] == own_signatures(old)
    assert signature(new) != signature(old)


def test_a_unit_is_for_people_and_changes_no_signature() -> None:
    plain, metres = (
        parse(f"dataset: d\nsources: {{s: {{columns: {{h: {body}}}}}}}").sources["s"]
        for body in ("float", "{type: float, unit: m}")
    )
    assert signature(plain) == signature(metres)


def test_to_write_a_default_down_changes_no_signature() -> None:
    bare, written = (parse(f"dataset: d\nsources: {{s: {{key: [a], columns: {{h: float}}{more}}}}}").sources["s"] for more in ("", ", on_conflict: replace"))
    assert signature(bare) == signature(written)


def test_names_given_to_a_delivery_hold_from_it_on(project: Project) -> None:
    told = ["--names", "name,city", "--key", "name", "--license", "CC0-1.0", "--types", "string", "--snapshot"]
    project.dsv("add", str(project.write("1.csv", "Ada,London\n")), "--source", "s", *told)
    project.params()
    project.dsv("run")
    project.dsv("commit", "-m", "one", "--tag", "v0.0.1")
    wide = ["--names", "id,name,city", "--key", "id"]
    project.dsv("add", str(project.write("2.csv", "7,Ada,London\n")), "--source", "s", *wide)
    project.dsv("add", str(project.write("3.csv", "7,Ada,Paris\n")), "--source", "s", *wide)
    project.dsv("run")
    assert dsv.load(".", path=project.root).to_arrow().select(["id", "name", "city"]).to_pylist() == [
        {"id": "7", "name": "Ada", "city": "Paris"}
    ]
    found = dsv.diff("v0.0.1", ".", path=project.root).json()
    assert found["records"] == {"added": 1, "removed": 1, "modified": 0, "moved": 0, "unchanged": 0}
    assert found["schema"]["added"] == ["id"]


def test_another_key_alone_still_contradicts(project: Project) -> None:
    told = ["--key", "a", "--license", "CC0-1.0"]
    project.dsv("add", str(project.write("1.csv", "a,b\n1,2\n")), "--source", "s", *told)
    refused = project.dsv("add", str(project.write("2.csv", "a,b\n1,2\n")), "--source", "s", "--key", "b", code=2)
    assert "contradicts params.yaml" in refused.err
