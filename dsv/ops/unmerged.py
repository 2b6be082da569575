"""The files of a version that git merged as text, and could not: merged by what they say, as git does after `dsv install`."""

from __future__ import annotations

from dsv.project import merging
from dsv.project.layout import LOCK, PIPELINE, SIGNATURE, Layout
from dsv.project.merging import Texts
from dsv.vcs import blob
from dsv.vcs import merging as merges


def merged(layout: Layout) -> dict[str, bytes]:
    """Path → merged text. What people have to merge is not among them: params.yaml, and what they wrote in dvc.yaml."""
    paths = merges.unmerged(layout.root)
    found = iter(blob.read_files(layout.root, [(f":{stage}", path) for path in paths for stage in (1, 2, 3)]))
    texts = {path: _text(path, *sides) for path, *sides in zip(paths, found, found, found, strict=True)}
    return {path: text for path, text in texts.items() if text is not None}


def _text(path: str, base: bytes | None, ours: bytes | None, theirs: bytes | None) -> bytes | None:
    if path.startswith("reports/"):
        # As the lock has the stages; `dsv run` writes them again, and takes those away whose stage is gone.
        return ours if ours is not None else theirs
    if ours is None or theirs is None:
        return None
    if path.startswith("data/") and path.endswith("/.gitignore"):
        lines = dict.fromkeys([*ours.splitlines(), *theirs.splitlines()])
        return b"".join(line + b"\n" for line in lines)
    if path in (PIPELINE, LOCK, SIGNATURE):
        done = merging.combine(path, Texts(base or b"", ours, theirs))
        return None if done.conflicts else done.text
    return None
