"""git's merge driver for the files that make a version."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import NamedTuple

from dsv import errors
from dsv.project import merging
from dsv.project.layout import LOCK, PARAMS, PIPELINE, SIGNATURE
from dsv.record.threeway import Conflict
from dsv.vcs.merging import MARKER, merge_texts


class MergedFile(NamedTuple):
    """The merged bytes, what both sides changed to different values (each on a line), and whether there is no conflict."""

    text: bytes
    conflicts: list[str]
    clean: bool


def merge_file(path: str, base: bytes, ours: bytes, theirs: bytes, marker: int = MARKER) -> MergedFile:
    """Merges a file by what it says; as git does, where it cannot be read. `path` is any that ends as in the project."""
    name = _name(path)
    if name is not None:
        try:
            done = merging.combine(name, merging.Texts(base, ours, theirs), marker)
        except errors.DsvError:
            return MergedFile(*_as_text(base, ours, theirs, marker))
        return MergedFile(done.text, [told(conflict) for conflict in done.conflicts], not done.conflicts)
    return MergedFile(*_as_text(base, ours, theirs, marker))


def told(conflict: Conflict) -> str:
    """A conflict on one line."""
    return f"{conflict.name}: ours {merging.shown(conflict.ours)}, theirs {merging.shown(conflict.theirs)}"


def _as_text(base: bytes, ours: bytes, theirs: bytes, marker: int) -> tuple[bytes, list[str], bool]:
    text, clean = merge_texts(base, ours, theirs, marker)
    return text, [], clean


def _name(path: str) -> str | None:
    parts = PurePosixPath(path).parts
    if "/".join(parts[-2:]) == SIGNATURE:
        return SIGNATURE
    return parts[-1] if parts and parts[-1] in (PARAMS, PIPELINE, LOCK) else None
