"""`range`: drops records whose value lies outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from dsv.stages.rules.base import Drops, told


@dataclass(frozen=True)
class Params:
    """Drops a record whose number is below min or above max; null passes, NaN does not."""

    column: str
    min: float | None = None
    max: float | None = None
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def impossible(self) -> Iterator[tuple[str, str]]:
        """No bound, or bounds that cross."""
        if self.min is None and self.max is None:
            yield "min", "is missing, and so is max: one of them is needed"
        elif self.min is not None and self.max is not None and self.min > self.max:
            yield "min", f"{self.min:g} is above max {self.max:g}"

    def act(self, frame: pl.DataFrame) -> Drops:
        value = pl.col(self.column).cast(pl.Float64, strict=False)
        outside = pl.col(self.column).is_not_null() & (value.is_nan().fill_null(True))
        if self.min is not None:
            outside = outside | (value < self.min)
        if self.max is not None:
            outside = outside | (value > self.max)
        bounds = f"outside {'' if self.min is None else f'{self.min:g}'}..{'' if self.max is None else f'{self.max:g}'}"
        return Drops(outside.fill_null(False), told(self.column, bounds))
