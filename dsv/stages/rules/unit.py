"""`unit`: numbers in one unit become numbers in another."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from dsv.stages.rules.base import Sets


@dataclass(frozen=True)
class Params:
    """value × factor + offset, rounded to the declared decimals so that no float dust changes a record."""

    column: str
    factor: float
    offset: float = 0.0
    decimals: int = field(default=6, metadata={"min": 0, "max": 15})
    where: str | None = field(default=None, metadata={"doc": "SQL expression: only these records"})
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.column, *(pl.sql_expr(self.where).meta.root_names() if self.where else ()))

    def act(self, frame: pl.DataFrame) -> Sets:
        value = pl.col(self.column).cast(pl.Float64, strict=False)
        converted = (value * self.factor + self.offset).round(self.decimals)
        if self.where:
            converted = pl.when(pl.sql_expr(self.where).fill_null(False)).then(converted).otherwise(value)
        return Sets({self.column: converted})
