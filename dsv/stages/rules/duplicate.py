"""`duplicate`: keeps the first of equal records."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from dsv.stages.rules.base import Drops


@dataclass(frozen=True)
class Params:
    """Drops a record whose columns (all when none is named, but those in `except`) equal those of an earlier one; null equals null."""

    columns_: tuple[str, ...] = ()
    except_: tuple[str, ...] = field(default=())
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return self.columns_

    def act(self, frame: pl.DataFrame) -> Drops:
        """Nothing by itself: the round decides."""
        return Drops(pl.lit(False))

    def compared(self, frame: pl.DataFrame) -> list[str]:
        """The columns of a frame that are compared."""
        named = self.columns_ or tuple(frame.columns)
        return [c for c in named if c in frame.columns and c not in self.except_ and not c.startswith("_")]
