"""Fills nulls with a declared value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dsv.stages import moment
from dsv.stages.rules.base import (
    BOOL,
    DATE,
    DATETIME,
    NUMBER,
    TEXT,
    WRITES,
    Common,
    Effect,
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
        return pl.lit(
            value, {BOOL: pl.Boolean, TEXT: pl.String}.get(given, pl.Float64 if isinstance(value, float) else pl.Int64)
        )
    if wanted in (DATE, DATETIME) and given == TEXT:
        parsed = moment.parse(value)
        if parsed is not None:
            return moment.literal(parsed, dtype).cast(dtype)
    if wanted != given or (isinstance(value, float) and not dtype.is_float()):
        raise RuleError(f"the column {column!r} is {dtype if wanted == NUMBER else wanted}, the value {value!r} is not")
    return pl.lit(value, dtype)


def _kind(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return BOOL
    return TEXT if isinstance(value, str) else NUMBER
