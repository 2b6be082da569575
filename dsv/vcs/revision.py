"""Names of commits and the commits they mean."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from dsv.errors import UnknownVersion
from dsv.vcs import run

SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


def resolve(root: Path, rev: str) -> str:
    """The full sha of the commit that `rev` means; UnknownVersion, with near names as a hint, when git knows none."""
    sha = find(root, rev)
    if sha is None:
        raise UnknownVersion(f"no version {rev!r}", hint=_near(root, rev))
    return sha


def find(root: Path, rev: str) -> str | None:
    """The full sha of the commit that `rev` means, or None."""
    if not rev or rev.startswith("-") or "\0" in rev:
        return None
    # `:/text` is a commit whose message has the text, and all that follows is of the text.
    asked = rev if rev.startswith(":/") else rev + "^{commit}"
    answer = run.ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", asked)
    sha = answer.out.decode(errors="replace").strip()
    if answer.status == 0 and SHA.match(sha):
        return sha
    if "not a git repository" in answer.problem or "dubious ownership" in answer.problem:
        raise run.failed("git", answer)
    return None


def head(root: Path) -> str | None:
    """The sha of the commit checked out; None on a branch without commits."""
    return find(root, "HEAD")


def branch(root: Path) -> str | None:
    """The branch checked out, born or not; None on a detached HEAD."""
    answer = run.ask(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    return answer.out.decode(errors="replace").strip() or None


def merge_base(root: Path, a: str, b: str) -> str | None:
    """The sha of the best common ancestor of two commits; None where histories are unrelated."""
    answer = run.ask(root, "merge-base", "--end-of-options", a, b)
    if answer.status > 1:
        raise UnknownVersion(f"git merge-base: {answer.problem}")
    return answer.out.decode().strip() or None


def _near(root: Path, rev: str) -> str | None:
    out = run.ask(root, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/tags", "refs/heads", "refs/remotes").out
    names = out.decode(errors="replace").splitlines()
    short = {name.rpartition("@")[2]: name for name in names}
    close = difflib.get_close_matches(rev, [*names, *short], n=3, cutoff=0.6)
    found = list(dict.fromkeys(short.get(name, name) for name in close))
    if found:
        return f"did you mean {' or '.join(found)}?"
    return "dsv log" if names else "dsv commit -m MESSAGE"
