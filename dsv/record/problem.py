"""What is wrong with a params file: every problem at once, each with its path, and its line where it is known."""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dsv.errors import DsvError

Path = tuple[str | int, ...]

SHOWN = 60
HUGE_BITS = 1000
_BARE = re.compile(r"[^\W\d][\w-]*|\d[\w-]*")


class Problem(NamedTuple):
    """One thing that is wrong, at a path of the file."""

    path: Path
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        name = path_text(self.path)
        return f"{place}{name}: {self.message}" if name else f"{place}{self.message}"


class ParamsError(DsvError):
    """All problems of a params file."""

    def __init__(self, problems: Iterable[Problem], file: str = "params.yaml") -> None:
        self.problems = tuple(problems)
        self.file = file
        if len(self.problems) == 1:
            message = f"{file}: {_ended(self.problems[0])}"
        else:
            message = "\n".join(
                [f"{file} has {len(self.problems)} problems:", *(f"  {_ended(p)}" for p in self.problems)]
            )
        super().__init__(message, hint=editing(file))

    def called(self, file: str, *, lines: bool = True) -> ParamsError:
        """The same error of a file by another name; without lines where nobody can look them up."""
        return ParamsError([p if lines else p._replace(line=None) for p in self.problems], file)

    def located(self, lines: Mapping[Path, int]) -> ParamsError:
        """The same error in the order of the file, with a line for every problem whose path or parent has one."""
        found = [p._replace(line=line_of(p.path, lines)) for p in self.problems]
        return ParamsError(sorted(found, key=lambda p: p.line or 0), self.file)


def editing(file: str) -> str | None:
    """The hint to edit a file; None where the params are no file that can be edited (`params.yaml of v1.0.0`)."""
    return f"edit {file}" if file.endswith((".yaml", ".yml")) else None


def _ended(problem: Problem) -> str:
    text = str(problem)
    return text if text.endswith("?") else f"{text}."


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of the path, or of its nearest parent that has one."""
    for end in range(len(path), -1, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return None


def path_text(path: Path) -> str:
    """The path as it is written for people: `clean.rules[2].range.min`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
            continue
        name = step if _BARE.fullmatch(step) else json.dumps(step, ensure_ascii=False)
        text += f".{name}" if text else name
    return text


def found(value: Any) -> str:
    """A value as a message shows it: short, on one line, with its kind where that is what matters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return short(json.dumps(value, ensure_ascii=False))
    if isinstance(value, int):
        return str(value) if value.bit_length() < HUGE_BITS else "a huge whole number"
    if isinstance(value, float):
        return f"the decimal number {value!r}"
    if isinstance(value, dt.date):
        return f"the date {value.isoformat()}"
    if isinstance(value, Mapping):
        return f"a mapping with {short(', '.join(map(str, value)))}" if value else "an empty mapping"
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return f"a list of {len(value)}"
    return f"a value of type {type(value).__name__}"


def short(text: str) -> str:
    """The text, cut where it is too long for a message."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that the name is probably meant to be."""
    close = difflib.get_close_matches(name[:SHOWN], list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` where a known name is near, else nothing."""
    near = closest(name, known)
    return f"; did you mean {near}?" if near else ""


def listed(names: Iterable[Any]) -> str:
    """The names as a message lists them."""
    return ", ".join(name if isinstance(name, str) else found(name) for name in names)
