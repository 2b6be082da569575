"""`text`: normalises texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from dsv.stages.rules.base import Sets


@dataclass(frozen=True)
class Params:
    """Strips, collapses white space, changes case, normalises Unicode, in that order reversed: Unicode first, case last."""

    columns_: tuple[str, ...] = field(metadata={"nonempty": True})
    strip: bool = True
    collapse: bool = False
    case: Literal["lower", "upper", "title"] | None = None
    unicode: Literal["NFC", "NFKC", "NFD", "NFKD"] | None = None
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return self.columns_

    def act(self, frame: pl.DataFrame) -> Sets:
        return Sets({name: self._normal(pl.col(name)) for name in self.columns_ if frame.schema.get(name) == pl.String})

    def _normal(self, text: pl.Expr) -> pl.Expr:
        if self.unicode:
            text = text.str.normalize(self.unicode)
        if self.collapse:
            text = text.str.replace_all(r"\s+", " ")
        if self.strip:
            text = text.str.strip_chars()
        if self.case:
            text = {"lower": text.str.to_lowercase, "upper": text.str.to_uppercase, "title": text.str.to_titlecase}[
                self.case
            ]()
        return text
