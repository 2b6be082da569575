"""Rounds numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dsv.stages.rules import decimals
from dsv.stages.rules.base import NUMBER, WRITES, Common, Effect, Set, there

NAME = "round"
DOC = "Sets numbers to a number of decimals; a half goes to the even neighbour."


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`round: {columns: [price], decimals: 2}`."""

    columns: tuple[str, ...] = field(metadata={"nonempty": True, "unique": True, "role": WRITES})
    decimals: int = field(metadata={"min": 0, "max": 15})


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Sets the numbers that have more decimals."""
    names = [c for c in params.columns if there(frame, c, NUMBER) is not None and frame.schema[c].is_float()]
    return Effect(sets=tuple(Set(name, decimals.rounded(frame[name], params.decimals)) for name in names))
