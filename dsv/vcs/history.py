"""The commits that touched given paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dsv.errors import UnknownVersion
from dsv.vcs import run

FORMAT = "%H%x00%P%x00%an%x00%ae%x00%aI%x00%s"
WIDTH = FORMAT.count("%x00") + 1


class Commit(NamedTuple):
    """One commit. `date` is the author's, ISO 8601 with its zone."""

    sha: str
    parents: tuple[str, ...]
    author: str
    email: str
    date: str
    subject: str


def log(
    root: Path, rev: str = "HEAD", *, paths: Sequence[str] = (), limit: int | None = None, first_parent: bool = False
) -> list[Commit]:
    """The commits of a revision or range (`A..B`) that touched the paths (all commits without any), newest first.

    `first_parent`: a merge counts as one step, the branch that was merged is not followed.
    """
    if rev.startswith("-"):
        raise UnknownVersion(f"no version {rev!r}")
    bound = [] if limit is None else [f"--max-count={limit}"]
    follow = ["--first-parent", "-m"] if first_parent else []
    args = ["log", "-z", f"--format={FORMAT}", "--encoding=UTF-8", "--no-patch", *follow, *bound, rev, "--", *paths]
    answer = run.ask(root, *args)
    if answer.status:
        raise UnknownVersion(f"git log {rev}: {answer.problem}")
    fields = answer.out.decode(errors="replace").split("\0")
    return [_commit(fields[at : at + WIDTH]) for at in range(0, len(fields) - 1, WIDTH)]


def _commit(fields: list[str]) -> Commit:
    sha, parents, author, email, date, subject = fields
    return Commit(sha, tuple(parents.split()), author, email, date, subject)
