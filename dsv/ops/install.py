"""Teaches git about the project: what it shows of dvc.lock, how it merges, what it checks; and takes that back."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import NamedTuple

from dsv import errors
from dsv.project.layout import LOCK, PARAMS, PIPELINE, SIGNATURE, Layout
from dsv.vcs import attributes, hooks, local, worktree

DIFF, MERGE, COMMIT, PUSH = PARTS = ("diff", "merge", "pre-commit", "pre-push")
ATTRIBUTES = {
    DIFF: [f"/{LOCK} diff=dsv"],
    MERGE: [
        *(f"/{name} merge=dsv" for name in (LOCK, PARAMS, PIPELINE, SIGNATURE)),
        "/reports/*.json merge=dsv-report",
        # Built into git: the lines of both sides.
        "/data/**/.gitignore merge=union",
    ],
}
HOOKS = {MERGE: "pre-merge-commit", COMMIT: "pre-commit", PUSH: "pre-push"}
TEXTCONV = 'f() {{ if [ -x {python} ]; then {command} textconv "$1"; else cat "$1"; fi; }}; f'
# Without dsv, git's own merge: a conflict with markers is better than our side in silence.
DRIVER = "if [ -x {python} ]; then {command} merge %O %A %B %P %L; else git merge-file --marker-size=%L %A %O %B; fi"


class Change(NamedTuple):
    """One thing that was changed: the file or setting, and what became of it."""

    where: str
    what: str


def install(layout: Layout, parts: Sequence[str] = (), *, undo: bool = False) -> list[Change]:
    """Sets up the parts (all when none is named), or takes them away; what was changed, nothing where all is so already."""
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise errors.UsageError(f"There is no part {unknown[0]!r}; there are {', '.join(PARTS)}.")
    if worktree.toplevel(layout.root) is None:
        raise errors.NotAProject("There is no git repository.", hint="dsv init")
    chosen = [part for part in PARTS if not parts or part in parts]
    if not undo and any(part in HOOKS for part in chosen) and local.foreign_hooks(layout.root):
        raise errors.DsvError(
            f"core.hooksPath of your own git settings leads to {local.hooks(layout.root)}, which other repositories use too.",
            hint="git config core.hooksPath .git/hooks, or dsv install diff",
        )
    prefix = worktree.prefix(layout.root) or "."
    found = _attributes(layout, chosen, undo=undo)
    for part in chosen:
        found += _take(layout, part, prefix) if undo else _put(layout, part, prefix)
    return found


def _attributes(layout: Layout, chosen: Sequence[str], *, undo: bool) -> list[Change]:
    before = attributes.known(layout.root)
    wanted = [
        line
        for part, lines in ATTRIBUTES.items()
        for line in lines
        if (part not in chosen and line in before) or (part in chosen and not undo)
    ]
    if not attributes.put(layout.root, wanted):
        return []
    told = [f"- {line}" for line in before if line not in wanted] + [
        f"+ {line}" for line in wanted if line not in before
    ]
    return [Change(attributes.NAME, line) for line in told]


def _settings(part: str) -> dict[str, str]:
    """The git settings of a part: commands that find this very dsv, whatever is on PATH, and are no harm where it is gone."""
    command = shlex.join(command_line())
    python = shlex.quote(sys.executable)
    if part == DIFF:
        return {"diff.dsv.textconv": TEXTCONV.format(python=python, command=command)}
    if part == MERGE:
        percent = {"python": python.replace("%", "%%"), "command": command.replace("%", "%%")}
        return {
            "merge.dsv.name": "params.yaml by key, dvc.lock by stage",
            "merge.dsv.driver": DRIVER.format(**percent),
            "merge.dsv-report.name": "reports as the lock has them: ours, until dsv run",
            "merge.dsv-report.driver": "true",
        }
    return {}


def command_line() -> list[str]:
    """How git calls dsv. `-P`: no module of the repository is taken for one of dsv's."""
    return [sys.executable, "-P", "-m", "dsv", "git"]


def _put(layout: Layout, part: str, prefix: str) -> list[Change]:
    root = layout.root
    found = [
        Change("git config", f"{name} set") for name, value in _settings(part).items() if local.put(root, name, value)
    ]
    if local.add(root, f"dsv.{part}", prefix):
        found.append(Change("git config", f"dsv.{part} has {prefix}"))
    if part in HOOKS:
        folder, name = local.hooks(root), HOOKS[part]
        done = hooks.put(folder, name, command_line())
        if done.changed:
            told = f"installed; yours runs first, it is {done.kept.name} now" if done.kept else "installed"
            found.append(Change(_shown(layout, name), told))
    return found


def _take(layout: Layout, part: str, prefix: str) -> list[Change]:
    root = layout.root
    found = (
        [Change("git config", f"dsv.{part} has {prefix} no more")] if local.drop(root, f"dsv.{part}", prefix) else []
    )
    if local.values(root, f"dsv.{part}"):
        # Another project of the repository has it.
        return found
    found += [Change("git config", f"{name} removed") for name in _settings(part) if local.drop(root, name)]
    if part in HOOKS:
        done = hooks.drop(local.hooks(root), HOOKS[part])
        if done.changed:
            told = "removed; yours is back" if done.kept else "removed"
            found.append(Change(_shown(layout, HOOKS[part]), told))
    return found


def _shown(layout: Layout, hook: str) -> str:
    path = local.hooks(layout.root) / hook
    top = worktree.toplevel(layout.root)
    inside = top is not None and path.is_relative_to(top)
    return path.relative_to(top).as_posix() if inside and top is not None else str(path)
