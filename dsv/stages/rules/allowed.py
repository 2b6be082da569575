"""`allowed`: drops records whose value is not on the list."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from dsv.stages.rules.base import Drops, told


@dataclass(frozen=True)
class Params:
    """Drops a record whose value is not one of `values`; null passes."""

    column: str
    values: tuple[str, ...] = field(metadata={"nonempty": True})
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def act(self, frame: pl.DataFrame) -> Drops:
        known = pl.col(self.column).cast(pl.String).is_in(list(self.values))
        return Drops((~known).fill_null(False), told(self.column, "is not allowed"))
