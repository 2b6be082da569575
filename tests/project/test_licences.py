from __future__ import annotations

import pytest

from dsv.project.params import licences, parse
from dsv.record.problem import ParamsError

GOOD = ["CC-BY-4.0", "cc-by-4.0", "MIT OR Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", "PDDL-1.0", "(MIT)"]
OWN_TERMS = ["LicenseRef-acme", "LicenseRef-acme-1.0 AND MIT", "DocumentRef-x:LicenseRef-y"]
BAD = [
    "",
    "  ",
    "foo",
    "CC-BY 4.0",
    "MIT AND",
    "(MIT",
    "MIT/Apache-2.0",
    "MIT OR OR MIT",
    "NOASSERTION",
    "NONE",
    "unknown",
    "LicenseRef-",
    "\0",
]


@pytest.mark.parametrize("expression", [*GOOD, *OWN_TERMS])
def test_an_spdx_expression_is_accepted(expression: str) -> None:
    assert licences.fault(expression) is None


@pytest.mark.parametrize("expression", [None, *BAD])
def test_a_licence_that_is_missing_or_unknown_is_refused(expression: str | None) -> None:
    assert licences.fault(expression)


def test_the_nearest_licence_is_named() -> None:
    assert (
        licences.fault("CC-BY 4.0")
        == 'found "CC-BY 4.0", an SPDX expression or LicenseRef-NAME is wanted; did you mean CC-BY-4.0?'
    )


@pytest.mark.parametrize(
    ("written", "normal"), [("cc-by-4.0", "CC-BY-4.0"), ("GPL-2.0", "GPL-2.0-only"), (" LicenseRef-a ", "LicenseRef-a")]
)
def test_a_licence_has_one_spelling(written: str, normal: str) -> None:
    assert licences.normal(written) == normal


def test_every_source_without_a_known_licence_or_format_is_told() -> None:
    params = parse(
        "dataset: d\nsources:\n  a: {license: MIT, format: cvs}\n  b: {}\n  c: {license: Mine, format: csv}\n"
    )
    with pytest.raises(ParamsError) as caught:
        licences.check(params, ("csv", "jsonl"))
    assert [(p.path, p.line) for p in caught.value.problems] == [
        (("sources", "a", "format"), 3),
        (("sources", "b", "license"), 4),
        (("sources", "c", "license"), 5),
    ]


def test_nothing_is_told_where_all_is_known() -> None:
    licences.check(parse("dataset: d\nsources: {a: {license: MIT, format: csv}}\n"), ("csv",))
