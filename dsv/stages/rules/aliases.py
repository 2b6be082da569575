"""`aliases`: one name for one thing."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from dsv.stages.rules.base import Sets


@dataclass(frozen=True)
class Params:
    """Replaces values by the ones they stand for; in a column of boxes, their labels. A value mapped to "" becomes null."""

    column: str
    map: dict[str, str] = field(metadata={"doc": 'value → what it stands for; "" makes it null'})
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def act(self, frame: pl.DataFrame) -> Sets:
        kind = frame.schema[self.column]
        if isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct):
            label = pl.element().struct.field("label").replace(self.map)
            return Sets(
                {self.column: pl.col(self.column).list.eval(pl.element().struct.with_fields(label.alias("label")))}
            )
        if kind != pl.String:
            return Sets({})
        table = {old: new or None for old, new in self.map.items()}
        return Sets({self.column: pl.col(self.column).replace(table)})
