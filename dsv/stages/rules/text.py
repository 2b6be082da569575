"""Sets texts to one form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any, Literal

import polars as pl

from dsv.stages.rules import regex
from dsv.stages.rules.base import TEXT, WRITES, Common, Effect, Problems, Set, there

NAME = "text"
DOC = "Sets texts to one form: Unicode form, replacements, spaces, case, in this order."

# Says the same as \s+ but leaves the single spaces between words alone: less than half the time.
_SPACES = r"\s\s+|[^\S ]"


@dataclass(frozen=True, kw_only=True)
class Replace:
    """`{from: '&amp;', to: '&'}`."""

    from_: str = field(metadata={"nonempty": True})
    to: str = ""
    regex: bool = field(default=False, metadata={"doc": "`from` is a regular expression; `to` may say ${1}; $$ is a dollar"})

    def impossible(self) -> Problems:
        if not self.regex:
            return
        if reason := regex.fault(self.from_):
            yield "from", reason
        elif (name := regex.unknown(self.to, self.from_)) is not None:
            there = ", ".join(f"${{{group}}}" for group in regex.groups(self.from_))
            yield "to", f"found {self.to!r}, which names the group {name!r}; there are {there}, and $$ is a dollar"


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`text: {columns: [title], strip: true, case: lower}`."""

    columns: tuple[str, ...] = field(metadata={"nonempty": True, "unique": True, "role": WRITES})
    unicode: Literal["NFC", "NFKC", "NFD", "NFKD"] | None = field(default=None, metadata={"doc": "normal form"})
    replace: tuple[Replace, ...] = field(default=(), metadata={"doc": "applied one after the other"})
    collapse: bool = field(default=False, metadata={"doc": "white space within a text becomes one space"})
    strip: bool = field(default=True, metadata={"doc": "no white space at both ends"})
    case: Literal["lower", "upper", "title"] | None = None
    empty: Literal["keep", "null"] = field(default="keep", metadata={"doc": "what becomes of an empty text"})


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Sets the texts that are not in the form wanted."""
    names = [name for name in params.columns if there(frame, name, TEXT) is not None]
    if not names:
        return Effect()
    steps = _steps(params)
    new = frame.select(reduce(lambda text, step: step(text), steps, pl.col(name)).alias(name) for name in names)
    return Effect(sets=tuple(Set(name, new[name]) for name in names))


def _steps(params: Any) -> list[Callable[[pl.Expr], pl.Expr]]:
    steps: list[Callable[[pl.Expr], pl.Expr]] = []
    if params.unicode:
        steps.append(lambda text: text.str.normalize(params.unicode))
    for one in params.replace:
        steps.append(partial(_replace, one))
    if params.collapse:
        steps.append(lambda text: text.str.replace_all(_SPACES, " "))
    if params.strip:
        steps.append(lambda text: text.str.strip_chars())
    if params.case:
        method = {"lower": "to_lowercase", "upper": "to_uppercase", "title": "to_titlecase"}[params.case]
        steps.append(lambda text: getattr(text.str, method)())
    if params.empty == "null":
        steps.append(lambda text: pl.when(text != "").then(text))
    return steps


def _replace(one: Replace, text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(one.from_, one.to, literal=not one.regex)
