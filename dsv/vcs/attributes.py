"""Lines of a .gitattributes that are ours, under a heading of our own; what else is in the file stays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

NAME = ".gitattributes"
HEAD = "# Written by `dsv install`; taken away by `dsv install --undo`."


def put(folder: Path, lines: Sequence[str]) -> bool:
    """Makes the lines those under our heading (none: takes the heading away); whether the file changed."""
    path = folder / NAME
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    rest, known = _parted(old)
    if known == list(lines):
        return False
    blank = [""] if rest and rest[-1] else []
    new = [*rest, *blank, HEAD, *lines] if lines else rest
    while new and not new[-1]:
        new.pop()
    if new:
        path.write_text("\n".join(new) + "\n", encoding="utf-8")
    else:
        path.unlink(missing_ok=True)
    return True


def known(folder: Path) -> list[str]:
    """The lines under our heading."""
    path = folder / NAME
    return _parted(path.read_text(encoding="utf-8"))[1] if path.exists() else []


def _parted(text: str) -> tuple[list[str], list[str]]:
    """The lines of others, and ours: from the heading to the next blank line."""
    lines = text.splitlines()
    if HEAD not in lines:
        return lines, []
    start = lines.index(HEAD)
    end = next((i for i in range(start, len(lines)) if not lines[i].strip()), len(lines))
    return [*lines[:start], *lines[end:]], lines[start + 1 : end]
