"""Which commits are named versions."""

from __future__ import annotations

from contextlib import suppress

from dsv.errors import DsvError
from dsv.project.layout import PARAMS, Layout
from dsv.record import yaml12
from dsv.vcs import blob, tag


def tags(layout: Layout) -> dict[str, str]:
    """Commit → the version tag that names it (the highest, where there are several). Of this data set, whatever it was called then."""
    found = [(t, t.name.rpartition("@v")[0]) for t in tag.tags(layout.root) if "@v" in t.name]
    own = _name(layout.params.read_bytes() if layout.params.is_file() else None)
    # Another data set of the repository, or this one before it was renamed: its params.yaml of that commit tells.
    others = sorted({t.target for t, name in found if name != own})
    texts = blob.read_files(layout.root, [(sha, PARAMS) for sha in others])
    told = {text: _name(text) for text in {*texts}}
    called = {sha: told[text] for sha, text in zip(others, texts, strict=True)}
    return {t.target: t.name for t, name in found if name in (own, called.get(t.target))}


def _name(text: bytes | None) -> str | None:
    """The data set that a params.yaml names; None where it cannot be read, as in a merge."""
    with suppress(DsvError):
        return str(yaml12.mapping(text or b"", PARAMS).get("dataset", "")) or None
    return None
