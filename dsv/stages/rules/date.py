"""`date`: texts in declared formats become dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from dsv.stages.rules.base import Sets
from dsv.table.typing import Column, moment


@dataclass(frozen=True)
class Params:
    """Reads the text by the first format that fits; what fits none becomes null. `epoch` and `epoch_ms` are formats too."""

    column: str
    formats: tuple[str, ...] = field(metadata={"nonempty": True})
    type: Literal["date", "datetime"] = "datetime"
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def act(self, frame: pl.DataFrame) -> Sets:
        if frame.schema[self.column] != pl.String:
            return Sets({})
        return Sets({self.column: moment(pl.col(self.column), Column(self.type, self.formats))})
