from __future__ import annotations

import pytest

from dsv.project.params import licences

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
