"""Converts measures to one unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, ClassVar, Literal

import polars as pl

from dsv.stages.rules import decimals, shown
from dsv.stages.rules.base import NUMBER, TEXT, WRITES, Common, Effect, Problems, Set, evaluate, there

NAME = "unit"
DOC = "Sets numbers to another unit: value x factor + offset, rounded to the decimals declared."


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """From one unit to the unit of the column: value x factor + offset. `cm: 0.01` is short for `{factor: 0.01}`."""

    SHORT: ClassVar[str] = "factor"

    factor: float = 1.0
    offset: float = 0.0

    def impossible(self) -> Problems:
        if self.factor == 0 or not math.isfinite(self.factor):
            yield "factor", f"found {self.factor}, a number other than 0 is wanted"
        if not math.isfinite(self.offset):
            yield "offset", f"found {self.offset}, a number is wanted"


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`unit: {column: height, from: in, to: cm, factor: 2.54, decimals: 1}`, or with a column that names the unit:
    `unit: {column: height, unit_column: unit, to: m, table: {cm: 0.01, in: 0.0254}, decimals: 4}`."""

    column: str = field(metadata={"nonempty": True, "role": WRITES})
    decimals: int = field(default=6, metadata={"min": 0, "max": 15, "doc": "decimals of the result"})
    to: str | None = field(default=None, metadata={"nonempty": True, "doc": "the unit wanted"})
    from_: str | None = field(default=None, metadata={"nonempty": True, "doc": "the unit of all values, for people"})
    factor: float | None = None
    offset: float = 0.0
    unit_column: str | None = field(default=None, metadata={"nonempty": True, "role": WRITES, "doc": "names each unit"})
    table: Mapping[str, Conversion] = field(default_factory=dict, metadata={"doc": "unit -> conversion to `to`"})
    misfit: Literal["drop", "keep"] = field(default="drop", metadata={"doc": "what becomes of a unit not in the table"})

    def impossible(self) -> Problems:
        if self.unit_column is None:
            if self.factor is None:
                yield "factor", "factor is wanted, or unit_column, table and to"
            elif problem := next(Conversion(factor=self.factor, offset=self.offset).impossible(), None):
                yield problem
            if self.table:
                yield "table", "a table goes with unit_column"
        else:
            if not self.table:
                yield "table", "a table of units is wanted with unit_column"
            if self.to is None:
                yield "to", "the unit wanted is missing"
            if self.from_ is not None or self.factor is not None or self.offset:
                yield "factor", "from, factor and offset do not go with unit_column; write them in the table"


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Sets the converted values, and the column of units where there is one."""
    if there(frame, params.column, NUMBER) is None:
        return Effect()
    value = pl.col(params.column).cast(pl.Float64)
    if params.unit_column is None:
        new = _converted(value, Conversion(factor=params.factor, offset=params.offset), params.decimals)
        return Effect(sets=(Set(params.column, evaluate(frame, new)),))
    there(frame, params.unit_column, TEXT)
    unit = pl.col(params.unit_column).cast(pl.String)
    known = {params.to: Conversion()} | dict(params.table)
    chain: Any = reduce(
        lambda found, item: found.when(unit == item[0]).then(_converted(value, item[1], params.decimals)),
        known.items(),
        pl,
    )
    missing = value.is_not_null() & ~unit.is_in(list(known)).fill_null(False)
    new_unit = pl.when(unit.is_in(list(known))).then(pl.lit(params.to)).otherwise(unit)
    sets = (
        Set(params.column, evaluate(frame, chain.otherwise(value))),
        Set(params.unit_column, evaluate(frame, new_unit)),
    )
    if params.misfit == "keep":
        return Effect(sets=sets)
    return Effect(evaluate(frame, missing), shown.many(frame, (params.column, params.unit_column)), sets)


def _converted(value: pl.Expr, by: Conversion, places: int) -> pl.Expr:
    return (value * by.factor + by.offset).map_batches(lambda found: decimals.rounded(found, places), return_dtype=pl.Float64)
