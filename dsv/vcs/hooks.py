"""Hooks of a clone. A hook that is there is kept under another name, and runs first."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

MARK = "# Written by `dsv install`; `dsv install --undo` takes it away and puts back what was here."
BEFORE = ".before-dsv"
SCRIPT = """\
#!/bin/sh
{mark}
before="$0{suffix}"
if [ ! -x {python} ]; then
    echo "dsv: there is no {told} any more, so nothing was checked; dsv install puts it right." >&2
    [ ! -x "$before" ] || exec "$before" "$@"
    exit 0
fi
{body}"""
PLAIN = """\
[ ! -x "$before" ] || "$before" "$@" || exit
exec {command} {name} "$@"
"""
# pre-push is told on its input what is pushed: both hooks must be.
FED = """\
pushed=$(cat; echo .)
pushed=${{pushed%.}}
[ ! -x "$before" ] || printf %s "$pushed" | "$before" "$@" || exit
printf %s "$pushed" | {command} {name} "$@"
"""


class Done(NamedTuple):
    """What became of a hook: whether anything changed, and the file in which one of another's is kept."""

    changed: bool
    kept: Path | None


def put(folder: Path, name: str, command: Sequence[str]) -> Done:
    """Installs a hook that runs the command, with the hook's name and arguments, after the one that was there."""
    path, before = folder / name, folder / (name + BEFORE)
    body = (FED if name == "pre-push" else PLAIN).format(command=shlex.join(command), name=name)
    python = shlex.quote(command[0])
    told = command[0].replace("\\", "").replace('"', "").replace("$", "").replace("`", "")
    text = SCRIPT.format(mark=MARK, suffix=BEFORE, python=python, told=told, body=body)
    if path.exists() or path.is_symlink():
        if not ours(path):
            path.rename(before)
        elif path.read_text(encoding="utf-8") == text:
            return Done(False, before if before.exists() else None)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{name}.tmp"
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o755)
    temporary.replace(path)
    return Done(True, before if before.exists() else None)


def drop(folder: Path, name: str) -> Done:
    """Takes our hook away and puts back the one that was there."""
    path, before = folder / name, folder / (name + BEFORE)
    if not ours(path):
        return Done(False, None)
    path.unlink()
    if before.exists() or before.is_symlink():
        before.rename(path)
        return Done(True, path)
    return Done(True, None)


def ours(path: Path) -> bool:
    """Whether a file is a hook of ours."""
    return path.is_file() and MARK.encode() in path.read_bytes()
