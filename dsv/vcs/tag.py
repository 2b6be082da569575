"""Tags and the commits they name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from dsv.vcs import revision, run

FIELDS = (
    "%(refname:lstrip=2)",
    "%(objecttype)",
    "%(objectname)",
    "%(*objecttype)",
    "%(*objectname)",
    "%(creatordate:iso-strict)",
    "%(contents:subject)",
)
NUMBERS = re.compile(r"(\d+)")


class Tag(NamedTuple):
    """A tag. `target` is the sha of the commit it names; `date` and `subject` are the commit's for a light tag."""

    name: str
    target: str
    annotated: bool
    date: str
    subject: str


def tags(root: Path, merged: str | None = None) -> list[Tag]:
    """Every tag that names a commit, sorted by name with numbers by value (v1.9.0 before v1.10.0).

    With `merged` only those of commits that lead to this one.
    """
    only = [] if merged is None else [f"--merged={merged}"]
    out = run.read(root, "for-each-ref", "--format=" + "%00".join(FIELDS), *only, "refs/tags")
    found = [_tag(root, line.split("\0")) for line in out.decode(errors="replace").splitlines()]
    return sorted((tag for tag in found if tag is not None), key=lambda tag: natural(tag.name))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts names with numbers in them by the value of the numbers."""
    parts = NUMBERS.split(name)
    return tuple((1, int(part), part) if part.isdecimal() else (0, 0, part) for part in parts)


def _tag(root: Path, fields: list[str]) -> Tag | None:
    name, kind, oid, inner_kind, inner, date, subject = fields
    if kind == "commit":
        return Tag(name, oid, False, date, subject)
    if kind == "tag" and inner_kind == "commit":
        return Tag(name, inner, True, date, subject)
    # a tag of a tag; a tag of a tree or file names no version
    target = revision.find(root, f"refs/tags/{name}") if inner_kind == "tag" else None
    return Tag(name, target, True, date, subject) if target else None
