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

    Those of merged branches are among them; a merge is, where it has the paths as no side had them. With `first_parent`
    a merge is one step: what it brought, not the commits that it brought it with.
    """
    if rev.startswith("-"):
        raise UnknownVersion(f"no version {rev!r}")
    asked = limit
    while True:
        found = _log(root, rev, paths, asked, first_parent)
        kept = _own(root, found, paths) if paths and not first_parent else found
        if limit is None or asked is None or len(kept) >= limit or len(found) < asked:
            return kept[:limit]
        asked *= 2


def _log(root: Path, rev: str, paths: Sequence[str], limit: int | None, first_parent: bool) -> list[Commit]:
    bound = [] if limit is None else [f"--max-count={limit}"]
    # Without it, git follows one side of a merge that changed nothing about it, and what the other side did is not told.
    follow = ["--first-parent", "-m"] if first_parent else ["--full-history"] if paths else []
    args = ["log", "-z", f"--format={FORMAT}", "--encoding=UTF-8", "--no-patch", *follow, *bound, rev, "--", *paths]
    answer = run.ask(root, *args)
    if answer.status:
        raise UnknownVersion(f"git log {rev}: {answer.problem}")
    return _commits(answer.out)


def _own(root: Path, commits: Sequence[Commit], paths: Sequence[str]) -> list[Commit]:
    """Without the merges that have all paths as one of their parents has them."""
    merges = [commit for commit in commits if len(commit.parents) > 1]
    specs = [f"{sha}:./{path}" for commit in merges for sha in (commit.sha, *commit.parents) for path in paths]
    if not specs or any("\n" in path for path in paths):
        return list(commits)
    told = run.read(root, "cat-file", "--batch-check=%(objectname)", stdin="\n".join([*specs, ""]).encode())
    oids = dict(zip(specs, (line.partition(" ")[0] for line in told.decode().splitlines()), strict=True))

    def has(sha: str) -> list[str | None]:
        # Of a file that is not there git says its name: one that is nowhere is the same everywhere.
        found = [oids[f"{sha}:./{path}"] for path in paths]
        return [None if ":" in oid else oid for oid in found]

    alike = {commit.sha for commit in merges if has(commit.sha) in [has(parent) for parent in commit.parents]}
    return [commit for commit in commits if commit.sha not in alike]


def _commits(out: bytes) -> list[Commit]:
    fields = out.decode(errors="replace").split("\0")
    return [_commit(fields[at : at + WIDTH]) for at in range(0, len(fields) - 1, WIDTH)]


def unpushed(root: Path, pushed: Sequence[str], remote: str, path: str) -> list[Commit]:
    """The commits that a push of some brings to a remote, as far as this clone knows it, and that changed a path."""
    args = [*pushed, "--not", f"--remotes={remote}"]
    answer = run.ask(root, "log", "-z", f"--format={FORMAT}", "--encoding=UTF-8", "--full-history", *args, "--", path)
    if answer.status:
        raise run.failed("git log", answer)
    return _commits(answer.out)


def holding(root: Path, path: str, data: bytes) -> list[str]:
    """The commits, on any branch, that brought or took away a file with these bytes at the path; oldest first."""
    oid = run.line(root, "hash-object", "--stdin", stdin=data)
    answer = run.ask(root, "log", "--all", "--format=%H", f"--find-object={oid}", "--reverse", "--", path)
    return answer.out.decode().split() if answer.status == 0 else []


def _commit(fields: list[str]) -> Commit:
    sha, parents, author, email, date, subject = fields
    return Commit(sha, tuple(parents.split()), author, email, date, subject)
