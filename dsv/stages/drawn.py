"""What annotators drew: boxes as they must be to be merged, those of one picture in one unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from dsv import errors
from dsv.stages.matching import SIDES, Box
from dsv.table import boxunits, mixing, types
from dsv.table.boxunits import PIXELS, RELATIVE

BOXES = pl.List(
    pl.Struct({"label": pl.String, **dict.fromkeys(SIDES, pl.Float64), "extra": pl.String, "votes": pl.Int64})
)
SIZE = boxunits.SIZE
# Of a vote the unit of its boxes; of a record the one that its source tells.
UNIT, OWN = "unit", "own"


class Drawn(NamedTuple):
    """The boxes of each annotator, all in one unit."""

    reads: Sequence[tuple[str, Sequence[Box]]]
    unit: str

    @property
    def decimals(self) -> int:
        """Those of a merged coordinate: hundredths of a pixel, or as fine in a picture of 10,000 pixels."""
        return 6 if self.unit == RELATIVE else 2


def check(values: pl.Series) -> None:
    """Refuses annotation values that are no boxes: merging must not guess where a side is."""
    if not values.dtype.is_nested():
        raise errors.DsvError("merge: kind boxes needs annotation values that are lists of boxes.", hint="kind: label")
    fields = _fields(values)
    lacking = [name for name in (*SIDES, "label") if name not in fields or (name in SIDES and not fields[name].is_numeric())]
    if lacking:
        raise errors.DsvError(
            f"merge: kind boxes needs boxes with {', '.join(SIDES)} as numbers and label; these are {types.called(values.dtype)}.",
            hint="name them so in the delivery, or kind: label",
        )
    boxes = values.drop_nulls().explode(empty_as_null=False).struct.unnest()
    whole = boxes.select(pl.all_horizontal(pl.col(name).cast(pl.Float64).is_finite() for name in SIDES).fill_null(False)).to_series()
    if not whole.all():
        n = int((~whole).sum())
        raise errors.DsvError(
            f"merge: {n} of {len(whole)} boxes are null or lack a finite {', '.join(SIDES)}.",
            hint="correct them in the delivery, and add it again under its name",
        )


def _fields(values: pl.Series) -> dict[str, Any]:
    """The fields of boxes and their types; none where the values are no lists of structs."""
    kind = values.dtype.inner if isinstance(values.dtype, pl.List) else None
    return {field.name: field.dtype for field in kind.fields} if isinstance(kind, pl.Struct) else {}


def named(values: pl.Series) -> pl.Series:
    """The same boxes with labels that are text, and `extra` as its JSON text where it is none."""
    kinds = _fields(values)
    fields = [pl.field("label").cast(pl.String)] if kinds["label"] != pl.String else []
    if kinds.get("extra", pl.String()) != pl.String:
        fields.append(pl.field("extra").map_batches(mixing.texts, return_dtype=pl.String))
    if not fields:
        return values
    return values.to_frame().select(pl.col(values.name).list.eval(pl.element().struct.with_fields(fields))).to_series()


def told(frame: pl.DataFrame, name: str) -> list[pl.Series]:
    """The unit that a shard tells of its boxes, under a name of ours; nothing where all are in pixels."""
    known = frame[boxunits.UNITS] if boxunits.UNITS in frame.columns else pl.Series(dtype=pl.Null)
    relative = known == RELATIVE if known.dtype == pl.String else pl.Series([False])
    if not relative.any():
        return []
    return [pl.select(pl.when(relative).then(pl.lit(RELATIVE))).to_series().alias(name)]


def sizes(frame: pl.DataFrame) -> list[pl.Series]:
    """Width and height of the pictures of a shard, as far as they are numbers."""
    return [frame[name].cast(pl.Float64) for name in SIZE if name in frame.columns and frame.schema[name].is_numeric()]


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with a column for the size and the unit of each picture, null where nobody tells it."""
    kinds = {**dict.fromkeys(SIZE, pl.Float64()), OWN: pl.String(), UNIT: pl.List(pl.String)}
    return frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in frame.columns)


def in_one_unit(reads: Sequence[tuple[str, Sequence[Box] | None, str | None]], width: float | None, height: float | None) -> Drawn | None:
    """The boxes in the unit that all have, else in pixels; None where they have several and the size is not known."""
    bare = [(who, boxes or ()) for who, boxes, _ in reads]
    units = {unit or PIXELS for _, boxes, unit in reads if boxes} or {unit or PIXELS for *_, unit in reads}
    if len(units) == 1:
        return Drawn(bare, units.pop())
    if not width or not height:
        return None
    converted = [
        (who, [boxunits.in_pixels(box, width, height) for box in boxes or ()] if unit == RELATIVE else boxes or ())
        for who, boxes, unit in reads
    ]
    return Drawn(converted, PIXELS)


def refuse(n: int) -> None:
    """Refuses pictures that have boxes in several units, and no size to convert them by."""
    if n:
        raise errors.DsvError(
            f"merge: {n} {'picture has' if n == 1 else 'pictures have'} relative boxes and boxes in pixels, "
            f"and no {' and '.join(SIZE)} to convert them by.",
            hint=f"give the records columns {' and '.join(SIZE)} in pixels, or merge the sources apart (`from`, `into`)",
        )


def unit(drawn: Drawn, own: str | None) -> str | None:
    """What is to be told of the merged boxes: nothing where the record says it already, or where they are in pixels."""
    return RELATIVE if drawn.unit == RELATIVE else PIXELS if own == RELATIVE else None
