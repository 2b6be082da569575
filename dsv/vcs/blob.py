"""Files as they were in a commit, without a checkout."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dsv.errors import DsvError
from dsv.vcs import run


class Entry(NamedTuple):
    """One path of a commit's tree. `kind` is blob, or commit for a submodule; mode 120000 is a symbolic link."""

    path: str
    mode: str
    kind: str
    oid: str


def read_files(root: Path, specs: Iterable[tuple[str, str]], index: Path | None = None) -> list[bytes | None]:
    """The bytes of each (commit, path), in order, from one git process; None where the commit has no such file.

    The commit "" is the index (`index`, where it is not the repository's own), ":2" what it has of our side of a merge.
    """
    wanted = [os.fsencode(f"{sha}:./{path}") for sha, path in specs]
    if not wanted:
        return []
    if any(b"\0" in spec for spec in wanted):
        raise DsvError("a path cannot hold a NUL character")
    # `-z` came with git 2.38, and only a path with a line break needs it
    zero = any(b"\n" in spec for spec in wanted)
    end = b"\0" if zero else b"\n"
    out = run.read(root, "cat-file", "--batch", *(["-z"] if zero else []), stdin=end.join(wanted) + end, index=index)
    return _parse(out, wanted)


def read_file(root: Path, sha: str, path: str) -> bytes | None:
    """The bytes of one file of a commit, or None."""
    return read_files(root, [(sha, path)])[0]


def list_tree(root: Path, sha: str, prefix: str = "") -> list[Entry]:
    """Every file of a commit below `root`, or below `prefix` in it, sorted by path."""
    out = run.read(root, "ls-tree", "-r", "-z", sha, *(["--", prefix] if prefix else []))
    entries = []
    for item in out.split(b"\0")[:-1]:
        about, _, path = item.partition(b"\t")
        mode, kind, oid = about.decode().split()
        entries.append(Entry(os.fsdecode(path), mode, kind, oid))
    return sorted(entries)


def _parse(out: bytes, wanted: list[bytes]) -> list[bytes | None]:
    found: list[bytes | None] = []
    at = 0
    for spec in wanted:
        absent = next((word for word in (b" missing\n", b" ambiguous\n") if out.startswith(spec + word, at)), None)
        if absent:
            found.append(None)
            at += len(spec) + len(absent)
            continue
        stop = out.index(b"\n", at)
        about = out[at:stop].split()
        if about[-1] in (b"missing", b"submodule"):
            found.append(None)
            at = stop + 1
            continue
        size = int(about[2])
        found.append(out[stop + 1 : stop + 1 + size] if about[1] == b"blob" else None)
        at = stop + 1 + size + 1
    return found
