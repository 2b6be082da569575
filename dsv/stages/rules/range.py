"""Drops records whose number, date or time is out of range."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from dsv.stages import moment, number
from dsv.stages.rules import shown
from dsv.stages.rules.base import DATE, DATETIME, NUMBER, READS, Common, Effect, Problems, RuleError, mask, there

NAME = "range"
DOC = "Drops records whose value is below min or above max; a null passes, NaN does not."

Bound = int | float | str | None


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`range: {column: price, min: 0}`. Bounds of dates and times are ISO 8601 in quotes."""

    column: str = field(metadata={"nonempty": True, "role": READS})
    min: Bound = field(default=None, metadata={"doc": "the smallest value allowed"})
    max: Bound = field(default=None, metadata={"doc": "the largest value allowed"})
    inclusive: Literal["both", "min", "max", "none"] = field(
        default="both", metadata={"doc": "which bounds are allowed values themselves"}
    )

    def impossible(self) -> Problems:
        bounds = {"min": self.min, "max": self.max}
        for key, bound in bounds.items():
            if isinstance(bound, str) and moment.parse(bound) is None:
                yield key, f"found {bound!r}, a number or a date such as '2026-01-31' is wanted"
                return
            if isinstance(bound, int) and abs(bound) > number.BOUND:
                yield key, "found a huge whole number; write it with an exponent, such as 1e40"
                return
        low, high = (moment.parse(b) if isinstance(b, str) else b for b in bounds.values())
        if low is None and high is None:
            yield "min", "min or max is wanted"
        elif low is not None and high is not None:
            if isinstance(self.min, str) != isinstance(self.max, str):
                yield "max", "min and max are of different types"
            elif low > high:  # type: ignore[operator]
                yield "max", f"found {self.max}, at least min ({self.min}) is wanted"


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Drops the rows whose value is out of range."""
    given = {type(bound) for bound in (params.min, params.max) if bound is not None}
    kinds = (DATE, DATETIME) if given == {str} else (NUMBER,)
    if there(frame, params.column, *kinds) is None:
        return Effect()
    dtype = frame.schema[params.column]
    value = pl.col(params.column) if kinds == (NUMBER,) else moment.column(params.column, dtype)
    no, name = pl.lit(False), shown.named(frame, params.column)
    with_low, with_high = params.inclusive in ("both", "min"), params.inclusive in ("both", "max")
    below = no if params.min is None else _beyond(value, dtype, "lt" if with_low else "le", params.min)
    above = no if params.max is None else _beyond(value, dtype, "gt" if with_high else "ge", params.max)
    nan = value.is_nan() if dtype.is_float() else no
    said = (
        pl.when(nan)
        .then(name)
        .when(below)
        .then(name + pl.lit(f" {'<' if with_low else '<='} {params.min}"))
        .otherwise(name + pl.lit(f" {'>' if with_high else '>='} {params.max}"))
    )
    return Effect(mask(frame, below | above | nan), shown.cut(said))


def _beyond(value: pl.Expr, dtype: pl.DataType, name: str, bound: float | str) -> pl.Expr:
    """Whether the value is on the wrong side of a bound."""
    if not isinstance(bound, str):
        return number.against(name, value, dtype, bound)
    parsed = moment.parse(bound)
    if parsed is None:
        raise RuleError(f"{bound!r} is no date")
    found: pl.Expr = getattr(value, name)(moment.literal(parsed, dtype))
    return found
