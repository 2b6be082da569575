"""The functions of expressions: what they take, what they give, how Polars computes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import polars as pl

TEXT, NUMBER, BOOL, DATE, DATETIME = "text", "number", "bool", "date", "datetime"
LIST, NULL, OTHER = "list", "null", "other"
# the argument must be written in the expression: it is compiled, or costs too much by row
CONSTANT: Final = "constant text"


class Function(NamedTuple):
    """`takes`: the kinds of its arguments, several joined by |. `make` gets expressions, of a constant its value."""

    takes: tuple[str, ...]
    gives: str
    make: Callable[..., pl.Expr]
    doc: str


def _len(value: Any, kind: str) -> pl.Expr:
    length: pl.Expr = value.list.len() if kind == LIST else value.str.len_chars()
    return length.cast(pl.Int64)


def _abs(value: Any) -> pl.Expr:
    # Whole numbers with room for the smallest, whose opposite 64 bits do not hold.
    found: pl.Expr = (value + pl.lit(0, pl.Int128)).abs()
    return found


FUNCTIONS: Final[dict[str, Function]] = {
    "len": Function((f"{TEXT}|{LIST}",), NUMBER, _len, "characters of a text, items of a list"),
    "words": Function((TEXT,), NUMBER, lambda t: t.str.count_matches(r"\S+").cast(pl.Int64), "runs of non-space"),
    "lower": Function((TEXT,), TEXT, lambda t: t.str.to_lowercase(), "in lower case"),
    "upper": Function((TEXT,), TEXT, lambda t: t.str.to_uppercase(), "in upper case"),
    "strip": Function((TEXT,), TEXT, lambda t: t.str.strip_chars(), "without white space at both ends"),
    "contains": Function((TEXT, CONSTANT), BOOL, lambda t, part: t.str.contains(part, literal=True), "has it within"),
    "starts": Function((TEXT, CONSTANT), BOOL, lambda t, part: t.str.starts_with(part), "begins with the text"),
    "ends": Function((TEXT, CONSTANT), BOOL, lambda t, part: t.str.ends_with(part), "ends with the text"),
    "matches": Function((TEXT, CONSTANT), BOOL, lambda t, regex: t.str.contains(regex), "a part matches the regex"),
    "abs": Function((NUMBER,), NUMBER, _abs, "without its sign"),
}
