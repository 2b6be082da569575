"""Boxes: what all box formats turn into."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

BOX = pa.struct(
    [("label", pa.large_string()), *((name, pa.float64()) for name in ("xmin", "ymin", "xmax", "ymax")), ("extra", pa.large_string())]
)  # fmt: skip
BOXES = pa.large_list(BOX)


def side(value: Any) -> float:
    """A coordinate; one that is no finite number is refused."""
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(f"{str(value)[:60]} is no coordinate")
    return found


def column(rows: Sequence[Sequence[dict[str, Any]] | None]) -> pa.Array:
    """The boxes of each image, in the order of the file. `extra` is JSON text of what the format knows beside."""
    return pa.array(rows, BOXES)
