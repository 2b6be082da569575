"""Fills nulls with a declared value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dsv.stages import moment, number
from dsv.stages.rules.base import (
    BOOL,
    DATE,
    DATETIME,
    NUMBER,
    TEXT,
    WRITES,
    Common,
    Effect,
    Problems,
    RuleError,
    Set,
    evaluate,
    kind,
)

NAME = "fill"
DOC = "Sets nulls of a column to a value that is declared: what is estimated from data is no business of cleaning."


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`fill: {column: country, value: unknown}`."""

    column: str = field(metadata={"nonempty": True, "role": WRITES})
    value: str | int | float | bool

    def impossible(self) -> Problems:
        if isinstance(self.value, int) and not number.LEAST <= self.value <= number.MOST:
            yield "value", "found a whole number that 64 bits do not hold; write it with an exponent, such as 1e20"


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Sets the nulls."""
    dtype = frame.schema[params.column]
    bare = frame[params.column].null_count() == frame.height
    value = _literal(params.value, pl.Null() if bare and kind(dtype) == TEXT else dtype, params.column)
    column = pl.col(params.column)
    return Effect(sets=(Set(params.column, evaluate(frame, value if bare else column.fill_null(value))),))


def _literal(value: Any, dtype: pl.DataType, column: str) -> pl.Expr:
    wanted, given = kind(dtype), _kind(value)
    if dtype == pl.Null:
        return pl.lit(value, _type(value))
    if wanted in (DATE, DATETIME) and given == TEXT:
        parsed = moment.parse(value)
        if parsed is not None:
            return moment.literal(parsed, dtype).cast(dtype)
    if wanted != given or (isinstance(value, float) and not dtype.is_float()):
        raise RuleError(f"the column {column!r} is {dtype if wanted == NUMBER else wanted}, the value {value!r} is not")
    if dtype.is_integer() and pl.select(pl.lit(value, number.WHOLE).cast(dtype, strict=False)).item() is None:
        raise RuleError(f"the column {column!r} is {dtype}, which does not hold {value}")
    return pl.lit(value, dtype)


def _type(value: Any) -> Any:
    """The type of a value that is alone in its column."""
    if isinstance(value, int) and not isinstance(value, bool):
        return pl.Int64 if value < 2**63 else pl.UInt64
    return {bool: pl.Boolean, str: pl.String}.get(type(value), pl.Float64)


def _kind(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return BOOL
    return TEXT if isinstance(value, str) else NUMBER
