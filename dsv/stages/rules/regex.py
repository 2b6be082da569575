"""Regular expressions as Polars reads them: the syntax of Rust's `regex`, without look-around and back-references."""

from __future__ import annotations

import polars as pl
from polars.exceptions import ComputeError


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
    return rf"\A(?:{pattern})\z"
