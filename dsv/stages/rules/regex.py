"""Regular expressions as Polars reads them: the syntax of Rust's `regex`, without look-around and back-references."""

from __future__ import annotations

import re

import polars as pl
from polars.exceptions import ComputeError

# `$$` is a dollar; a name goes as far as there are letters, digits and underscores.
_REFERENCE = re.compile(r"\$(?:\$|({[^}]*})|([0-9A-Za-z_]+))")


def fault(pattern: str) -> str | None:
    """What is wrong with a regular expression; None where nothing is."""
    try:
        pl.Series([""]).str.contains(pattern)
    except ComputeError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = next((line for line in reversed(lines) if line.startswith("error:")), "error: it is not valid")
        return f"found {pattern!r}, a regular expression is wanted: {reason.removeprefix('error: ')}"
    return None


def whole(pattern: str) -> str:
    """The pattern that matches whole texts only."""
    found = rf"\A(?:{pattern})\z"
    # A comment at the end of a verbose pattern goes on to the end of its line.
    return found if fault(found) is None else rf"\A(?:{pattern}{chr(10)})\z"


def groups(pattern: str) -> list[str]:
    """What `to` may name: 0 for all that matches, the numbers of the groups, and their names."""
    found = pl.DataFrame({"t": [""]}).select(pl.col("t").str.extract_groups(pattern)).schema["t"]
    names = [field.name for field in found.fields] if isinstance(found, pl.Struct) else []
    return [*map(str, range(len(names) + 1)), *(name for name in names if not name.isdecimal())]


def unknown(to: str, pattern: str) -> str | None:
    """The first group that `to` names and the pattern has not."""
    known = groups(pattern)
    for braced, bare in _REFERENCE.findall(to):
        name = braced[1:-1] if braced else bare
        if name and (str(int(name)) if name.isascii() and name.isdecimal() else name) not in known:
            return str(name)
    return None
