"""Drops records whose value is none of a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dsv.stages import number
from dsv.stages.rules import shown
from dsv.stages.rules.base import BOOL, NUMBER, READS, TEXT, Common, Effect, Problems, RuleError, mask, there

NAME = "allowed"
DOC = "Drops records whose value is none of the values listed; a null passes."


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`allowed: {column: label, values: [ham, spam]}`."""

    column: str = field(metadata={"nonempty": True, "role": READS})
    values: tuple[str | int | float | bool, ...] = field(metadata={"unique": True})
    case: bool = field(default=True, metadata={"doc": "whether upper and lower case differ"})

    def impossible(self) -> Problems:
        if not self.values:
            yield "values", "no value is listed"
        if len({_kind(value) for value in self.values}) > 1:
            yield "values", "the values are of different types"
        for i, value in enumerate(self.values):
            if isinstance(value, int) and abs(value) > number.BOUND:
                yield ("values", i), "found a huge whole number; write it with an exponent, such as 1e40"


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Drops the rows whose value is not listed."""
    found = there(frame, params.column, TEXT, NUMBER, BOOL)
    if found is None:
        return Effect()
    wanted = _kind(params.values[0])
    if found != wanted:
        hint = "; write the values in quotes" if found == TEXT else ""
        raise RuleError(f"the column {params.column!r} is {found}, the values are {wanted}{hint}")
    column, values = pl.col(params.column), list(params.values)
    if found == TEXT and not params.case:
        column, values = column.str.to_lowercase(), pl.Series(values).str.to_lowercase().to_list()
    if found == NUMBER:
        # 1 is 1.0, and among whole numbers 1.5 is none.
        listed = pl.any_horizontal(number.against("eq", column, frame.schema[params.column], value) for value in values).fill_null(False)
    else:
        listed = column.is_in(values)
    return Effect(mask(frame, column.is_not_null() & ~listed), shown.named(frame, params.column))


def _kind(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return BOOL
    return TEXT if isinstance(value, str) else NUMBER
