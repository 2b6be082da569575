"""The settings of a clone (`.git/config`): read, written, taken away."""

from __future__ import annotations

import os
import re
from pathlib import Path

from dsv.vcs import run

ABSENT = (1, 5)  # git's exit statuses for a setting, or a section, that is not there


def values(root: Path, name: str) -> list[str]:
    """All values of a setting of this clone, in their order."""
    answer = run.ask(root, "config", "--local", "-z", "--get-all", name)
    if answer.status not in (0, *ABSENT):
        raise run.failed("git config", answer)
    return os.fsdecode(answer.out).split("\0")[:-1]


def put(root: Path, name: str, value: str) -> bool:
    """Sets a setting to one value; whether it was another."""
    if values(root, name) == [value]:
        return False
    run.read(root, "config", "--local", "--replace-all", name, value)
    return True


def add(root: Path, name: str, value: str) -> bool:
    """Adds a value to a setting of several; whether it was not among them."""
    if value in values(root, name):
        return False
    run.read(root, "config", "--local", "--add", name, value)
    return True


def drop(root: Path, name: str, value: str | None = None) -> bool:
    """Takes a setting away, or one of its values; whether it was there."""
    known = values(root, name)
    if not known or (value is not None and value not in known):
        return False
    exact = [] if value is None else [f"^{re.escape(value)}$"]
    run.read(root, "config", "--local", "--unset-all", name, *exact)
    section = name.rpartition(".")[0]
    left = run.ask(root, "config", "--local", "--get-regexp", f"^{re.escape(section)}\\.")
    if left.status:
        run.ask(root, "config", "--local", "--remove-section", section)
    return True


def foreign_hooks(root: Path) -> bool:
    """Whether hooks are looked for in a folder that other repositories use too (core.hooksPath of the user or the system)."""
    answer = run.ask(root, "config", "--show-scope", "--get", "core.hooksPath")
    return answer.status == 0 and answer.out.split(b"\t")[0] in (b"global", b"system")


def hooks(root: Path) -> Path:
    """The folder in which git looks for hooks."""
    return (root / run.line(root, "rev-parse", "--git-path", "hooks")).resolve()
