"""`length`: drops records whose text is too short or too long."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from dsv.stages.rules.base import Drops


@dataclass(frozen=True)
class Params:
    """Drops a record whose text has fewer than min or more than max characters; null passes."""

    column: str
    min: int = field(default=0, metadata={"min": 0})
    max: int | None = field(default=None, metadata={"min": 0})
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def act(self, frame: pl.DataFrame) -> Drops:
        size = pl.col(self.column).cast(pl.String).str.len_chars()
        outside = size < self.min
        if self.max is not None:
            outside = outside | (size > self.max)
        return Drops(
            outside.fill_null(False),
            pl.concat_str([pl.lit(f"{self.column} has "), size.cast(pl.String), pl.lit(" characters")]),
        )
