"""`pattern`: drops records whose text does not match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from dsv.stages.rules.base import Drops, told


@dataclass(frozen=True)
class Params:
    """Drops a record whose text does not match the regular expression (or does, with `drop: matching`); null passes."""

    column: str
    regex: str
    drop: str = "others"
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def impossible(self) -> Iterator[tuple[str, str]]:
        """A pattern that is none."""
        if self.drop not in ("others", "matching"):
            yield "drop", f"is {self.drop!r}; write others or matching"
        try:
            pl.select(pl.lit("").str.contains(self.regex))
        except pl.exceptions.ComputeError as error:
            yield "regex", f"is no regular expression: {str(error).splitlines()[0]}"

    def act(self, frame: pl.DataFrame) -> Drops:
        found = pl.col(self.column).cast(pl.String).str.contains(self.regex)
        mask = found if self.drop == "matching" else ~found
        return Drops(
            mask.fill_null(False),
            told(self.column, f"{'matches' if self.drop == 'matching' else 'does not match'} {self.regex}"),
        )
