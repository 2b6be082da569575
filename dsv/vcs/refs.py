"""References other than branches and tags."""

from __future__ import annotations

import os
from pathlib import Path

from dsv.vcs import run


def below(root: Path, prefix: str) -> list[tuple[str, str]]:
    """Each reference below a prefix (`refs/exps`) and the object that it names, sorted by name."""
    out = run.read(root, "for-each-ref", "--format=%(objectname) %(refname)", prefix)
    lines = [os.fsdecode(line).partition(" ") for line in out.splitlines()]
    return [(ref, oid) for oid, _, ref in lines]
