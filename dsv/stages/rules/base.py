"""What a rule is."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import polars as pl


class Drops(NamedTuple):
    """Which rows a rule drops, and a short reason for each (only dropped rows' are read)."""

    mask: pl.Expr
    detail: pl.Expr | None = None


class Sets(NamedTuple):
    """New values by column; a row counts as changed only where the value differs. `detail` as in Drops."""

    values: dict[str, pl.Expr]
    detail: pl.Expr | None = None


class Rule(Protocol):
    """What a rule's Params offer: the columns it reads, and what it does to a frame that has them all."""

    def columns(self) -> tuple[str, ...]:
        """The columns that the rule reads."""

    def act(self, frame: pl.DataFrame) -> Drops | Sets:
        """What the rule does, as expressions over the frame."""


def told(column: str, text: str) -> pl.Expr:
    """`column=value text`, at most 80 characters."""
    return pl.concat_str(
        [pl.lit(f"{column}="), pl.col(column).cast(pl.String).fill_null("null").str.slice(0, 40), pl.lit(f" {text}")]
    ).str.slice(0, 80)
