"""The constraints pin all that `make test` installs: what is not pinned is another version tomorrow."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINNED = re.compile(r"^([\w.-]+)==\S+$", re.MULTILINE)


def closure(name: str, extras: frozenset[str]) -> set[str]:
    """What a package needs here, with these extras, and what that needs in turn."""
    found = [(name, extras)]
    for package, chosen in found:
        for wanted in map(Requirement, distribution(package).requires or ()):
            applies = wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in chosen or {""})
            key = canonicalize_name(wanted.name), frozenset(wanted.extras)
            if applies and key not in found:
                found.append(key)
    return {name for name, _ in found}


def test_everything_that_the_tests_need_is_pinned() -> None:
    text = (Path(__file__).parents[1] / "constraints.txt").read_text(encoding="utf-8")
    pinned = {canonicalize_name(name) for name in PINNED.findall(text)}
    needed = closure("dsv", frozenset({"test"})) - {"dsv", "setuptools"}
    assert needed - pinned == set()
    assert len(needed) > 100
