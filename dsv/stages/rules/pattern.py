"""Drops records whose text does not match a regular expression, or does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from dsv.stages.rules import regex, shown
from dsv.stages.rules.base import READS, TEXT, Common, Effect, Problems, mask, there

NAME = "pattern"
DOC = "Drops records whose text does not match a regular expression, or does; a null passes."


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`pattern: {column: postcode, regex: '[0-9]{5}', match: full}`."""

    column: str = field(metadata={"nonempty": True, "role": READS})
    regex: str = field(metadata={"nonempty": True, "doc": "syntax of Rust's regex: no look-around, no back-references"})
    match: Literal["search", "full"] = field(default="search", metadata={"doc": "a part of the text, or the whole"})
    drop: Literal["others", "matching"] = field(default="others", metadata={"doc": "which texts are dropped"})

    def impossible(self) -> Problems:
        if reason := regex.fault(self.regex) or (regex.fault(regex.whole(self.regex)) if self.match == "full" else None):
            yield "regex", reason


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Drops the rows whose text does not match, or does."""
    if there(frame, params.column, TEXT) is None:
        return Effect()
    matched = pl.col(params.column).str.contains(regex.whole(params.regex) if params.match == "full" else params.regex)
    hit, said = (matched, "matches") if params.drop == "matching" else (~matched, "does not match")
    return Effect(mask(frame, hit), shown.cut(shown.named(frame, params.column) + pl.lit(f" {said}")))
