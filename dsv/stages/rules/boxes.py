"""`boxes`: takes away boxes without area and what lies outside of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from dsv.stages.rules.base import Sets


@dataclass(frozen=True)
class Params:
    """Removes zero-area boxes; clips boxes to width × height, removes or keeps those that reach out. Detail names them."""

    column: str = "boxes"
    zero_area: Literal["remove", "keep"] = "remove"
    outside: Literal["clip", "remove", "keep"] = "clip"
    id: str | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.column, "width", "height")

    def act(self, frame: pl.DataFrame) -> Sets:
        kind = frame.schema[self.column]
        if not isinstance(kind, pl.List):
            return Sets({})
        size = [
            frame[name].to_list() if name in frame.columns else [None] * frame.height for name in ("width", "height")
        ]
        found = [self._boxes(*row) for row in zip(frame[self.column].to_list(), *size, strict=True)]
        values = pl.Series(self.column, [boxes for boxes, _ in found], dtype=kind)
        return Sets(
            {self.column: pl.lit(values)},
            pl.lit(pl.Series("detail", [detail or None for _, detail in found], dtype=pl.String)),
        )

    def _boxes(
        self, boxes: list[dict[str, Any]] | None, width: int | None, height: int | None
    ) -> tuple[list[dict[str, Any]] | None, str]:
        if boxes is None:
            return None, ""
        kept, told = [], []
        for box in boxes:
            name = f"{box['label']} {box['xmin']:g},{box['ymin']:g},{box['xmax']:g},{box['ymax']:g}"
            if self.outside != "keep" and width and height and _reaches_out(box, width, height):
                told.append(f"{name} outside")
                if self.outside == "remove":
                    continue
                box = _clip(box, width, height)
            if self.zero_area == "remove" and (box["xmax"] <= box["xmin"] or box["ymax"] <= box["ymin"]):
                told.append(f"{name} zero area")
                continue
            kept.append(box)
        return kept, "; ".join(told)[:200]


def _reaches_out(box: dict[str, Any], width: int, height: int) -> bool:
    return bool(box["xmin"] < 0 or box["ymin"] < 0 or box["xmax"] > width or box["ymax"] > height)


def _clip(box: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    sides = {
        side: min(max(box[side], 0.0), float(limit))
        for side, limit in (("xmin", width), ("xmax", width), ("ymin", height), ("ymax", height))
    }
    return {**box, **sides}
