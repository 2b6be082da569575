"""`filter`: keeps records for which an expression holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from dsv.stages.rules.base import Drops


@dataclass(frozen=True)
class Params:
    """Drops a record for which the SQL expression over its columns is not true (null is not true)."""

    where: str
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return tuple(pl.sql_expr(self.where).meta.root_names())

    def impossible(self) -> Iterator[tuple[str, str]]:
        """What is no expression over columns."""
        try:
            pl.sql_expr(self.where)
        except (
            pl.exceptions.SQLSyntaxError,
            pl.exceptions.SQLInterfaceError,
            pl.exceptions.InvalidOperationError,
        ) as error:
            yield "where", f"is no expression: {str(error).splitlines()[0]}"

    def act(self, frame: pl.DataFrame) -> Drops:
        return Drops(~pl.sql_expr(self.where).fill_null(False), pl.lit(f"not {self.where}"[:80]))
