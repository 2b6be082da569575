"""`undecodable`: drops media that no decoder reads."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dsv.stages.rules.base import Drops


@dataclass(frozen=True)
class Params:
    """Drops a media file whose bytes could not be decoded; a file that nobody tried to decode passes."""

    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return ("decoded", "decode_error")

    def act(self, frame: pl.DataFrame) -> Drops:
        return Drops((~pl.col("decoded")).fill_null(False), pl.col("decode_error").str.slice(0, 80))
