"""What a run wants of params.yaml beyond what reading it does."""

from __future__ import annotations

import pytest

from dsv.project.params import parse, ready
from dsv.project.pipeline import build
from dsv.record.problem import ParamsError

SHOP = "dataset: d\nsources:\n  shop: {license: MIT, format: csv}\n"


def check(text: str) -> None:
    params = parse(text)
    ready.check(params, ("csv", "voc"))
    ready.check_count(params, build(params).stages)


def problems(text: str) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        check(text)
    return [str(problem) for problem in caught.value.problems]


def test_every_source_without_a_known_licence_or_format_is_told() -> None:
    text = "dataset: d\nsources:\n  a: {license: MIT, format: cvs}\n  b: {}\n  c: {license: Mine, format: csv}\n"
    assert [told.split(": ")[:2] for told in problems(text)] == [
        ["line 3", "sources.a.format"],
        ["line 4", "sources.b.license"],
        ["line 5", "sources.c.license"],
    ]


def test_nothing_is_told_where_all_is_known() -> None:
    check(SHOP + "  votes: {license: MIT, kind: annotations, item: id, of: shop, value: label}\n")


LACKING = {
    "item": "the column that names the annotated record",
    "of": "the source of the annotated records (shop)",
    "value": "the column of the annotation",
}


@pytest.mark.parametrize("form", ["csv", "voc"])
@pytest.mark.parametrize("key", LACKING)
def test_annotations_without_what_makes_them_annotations_are_refused(key: str, form: str) -> None:
    given = {"item": "id", "of": "shop", "value": "label"}
    said = ", ".join(f"{name}: {value}" for name, value in given.items() if name != key)
    text = f"{SHOP}  votes: {{license: MIT, format: {form}, kind: annotations, {said}}}\n"
    assert problems(text) == [f"line 4: sources.votes.{key}: the key is missing; {LACKING[key]} is wanted"]


def _many(n: int) -> str:
    return SHOP + "".join(f"s{i}: {{use: clean}}\n" for i in range(n))


def test_thirty_stages_with_ingest_and_audit_are_allowed() -> None:
    check(_many(28))


@pytest.mark.parametrize(("text", "line", "name", "n"), [(_many(29), 32, "s28", 31), (_many(40), 32, "s28", 42), (_many(28) + "audit: {}\nx: {use: split}\n", 33, "x", 31)])
def test_the_first_section_beyond_thirty_stages_is_named(text: str, line: int, name: str, n: int) -> None:
    assert problems(text) == [f"line {line}: {name}: there would be {n} stages with ingest and audit, at most 30 are allowed"]
