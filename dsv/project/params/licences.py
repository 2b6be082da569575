"""Licences that sources declare. The SPDX list is slow to load: only what adds or runs imports this."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from license_expression import ExpressionError, Licensing, get_spdx_licensing

from dsv.record.problem import found, nearest

LICENSE_REF: Final = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
# SPDX's words for `nobody looked` and `there is none` allow nothing
NOTHING_KNOWN: Final = ("none", "noassertion", "unknown")


def fault(expression: str | None) -> str | None:
    """What is wrong with a licence; None where it is an SPDX expression or a LicenseRef."""
    if expression is None or not expression.strip():
        return "the licence is missing; an SPDX expression such as CC-BY-4.0, or LicenseRef-NAME, is wanted"
    # The parser knows no LicenseRef: any name that it knows stands for it.
    try:
        parsed = _spdx().parse(LICENSE_REF.sub("MIT", expression), validate=True, strict=True)
    except ExpressionError:
        parsed = None
    if parsed is not None and expression.strip().lower() not in NOTHING_KNOWN:
        return None
    near = nearest(expression.strip().replace(" ", "-"), _spdx().known_symbols)
    return f"found {found(expression)}, an SPDX expression or LicenseRef-NAME is wanted{near}"


def normal(expression: str) -> str:
    """The expression as SPDX writes it: `cc-by-4.0` is CC-BY-4.0. It must have no fault."""
    return expression.strip() if LICENSE_REF.search(expression) else str(_spdx().parse(expression))


@cache
def _spdx() -> Licensing:
    return get_spdx_licensing()
