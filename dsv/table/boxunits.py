"""The unit of boxes, which a column beside them tells: parts of the picture, as in YOLO, or pixels where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RELATIVE, PIXELS = "relative", "pixels"
# How a source tells the unit of its boxes, and the size of its pictures in pixels.
UNITS = "units"
SIZE = ("width", "height")
Box = Mapping[str, Any]


def merged(column: str) -> str:
    """The column in which a merge tells the unit of the boxes that it puts into a column."""
    return f"{column}_{UNITS}"


def columns(column: str) -> tuple[str, str]:
    """The columns that tell the unit of a column of boxes, the one that counts first."""
    return merged(column), UNITS


def in_pixels(box: Box, width: float, height: float) -> dict[str, Any]:
    """A relative box in pixels."""
    sides = {name: box[name] * (width if name.startswith("x") else height) for name in ("xmin", "ymin", "xmax", "ymax")}
    return {**box, **sides}
