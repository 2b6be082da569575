"""`missing`: drops records that lack a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from dsv.stages.rules.base import Drops


@dataclass(frozen=True)
class Params:
    """Drops a record if any (or all) of the columns is null."""

    columns_: tuple[str, ...] = field(metadata={"nonempty": True})
    when: Literal["any", "all"] = "any"
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return self.columns_

    def act(self, frame: pl.DataFrame) -> Drops:
        nulls = [pl.col(c).is_null() for c in self.columns_]
        mask = pl.any_horizontal(nulls) if self.when == "any" else pl.all_horizontal(nulls)
        lacking = pl.concat_str(
            [pl.when(pl.col(c).is_null()).then(pl.lit(c)) for c in self.columns_], separator=", ", ignore_nulls=True
        )
        return Drops(mask, lacking.str.slice(0, 80))
