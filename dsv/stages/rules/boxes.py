"""Removes boxes without area and clips or removes boxes that leave the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from dsv.stages.base import Named
from dsv.stages.rules import shown
from dsv.stages.rules.base import BOXES, COORDINATES, NUMBER, WRITES, Common, Effect, Set, there
from dsv.table import boxunits

NAME = "boxes"
DOC = (
    "Removes boxes without area, clips or removes boxes that leave the picture; can drop records without a box. "
    "Where `units` is `relative` (YOLO), the picture is 1 x 1."
)

XMIN, YMIN, XMAX, YMAX = (pl.col(name) for name in COORDINATES)
WIDTH, HEIGHT, SLACK = pl.col("width"), pl.col("height"), pl.col("slack")
# Relative coordinates are written with six decimals: a box along the edge may reach this far beyond it.
ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`boxes: {column: boxes, outside: clip}`."""

    column: str = field(default="boxes", metadata={"nonempty": True, "role": WRITES})
    zero_area: Literal["remove", "keep"] = field(
        default="remove", metadata={"doc": "boxes without area: zero or negative width or height, a coordinate missing"}
    )
    outside: Literal["clip", "remove", "keep"] = field(default="clip", metadata={"doc": "boxes that leave the picture"})
    width: str = field(default="width", metadata={"nonempty": True, "doc": "column: width of the picture"})
    height: str = field(default="height", metadata={"nonempty": True, "doc": "column: its height"})
    empty: Literal["keep", "drop"] = field(
        default="keep", metadata={"doc": "records of which no box is left, or never was"}
    )

    def named(self) -> tuple[Named, ...]:
        keys = ("column",) if self.outside == "keep" else ("column", "width", "height")
        return tuple(Named((key,), getattr(self, key)) for key in keys)

    def glances(self) -> tuple[str, ...]:
        return () if self.outside == "keep" else boxunits.columns(self.column)


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Sets the boxes that are left; drops records without any where it is asked for."""
    old = frame[params.column]
    if there(frame, params.column, BOXES) is None:
        return Effect(old.is_null(), pl.lit("no box")) if params.empty == "drop" else Effect()
    judged = _judged(_flat(frame, params), params)
    left = _left(judged, old.dtype)
    rows = pl.DataFrame({"row": pl.int_range(frame.height, dtype=pl.UInt32, eager=True), "old": old})
    joined = rows.join(left, on="row", how="left", maintain_order="left")
    values = joined.select(pl.when(pl.col("said").is_null()).then(pl.col("old")).otherwise(pl.col("new"))).to_series()
    said = joined.select(shown.cut(pl.col("said"))).to_series()
    drop = values.list.len().fill_null(0) == 0 if params.empty == "drop" else None
    return Effect(drop, said.fill_null("no box"), (Set(params.column, values.alias(params.column), said),))


def _flat(frame: pl.DataFrame, params: Any) -> pl.DataFrame:
    """One row a box: `row`, `box`, its coordinates as numbers with decimals, and those of the picture."""
    relative = _relative(frame, params)
    sizes = [pl.when(relative).then(ROUNDING).otherwise(0.0).alias("slack")]
    for key, name in {"width": params.width, "height": params.height}.items():
        known = params.outside != "keep" and there(frame, name, NUMBER) is not None
        own = (pl.col(name) if known else pl.lit(None)).cast(pl.Float64)
        sizes.append(pl.when(relative).then(1.0).otherwise(own).alias(key))
    flat = frame.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), pl.col(params.column).alias("box"), *sizes
    )
    flat = flat.filter(pl.col("box").list.len() > 0).explode("box")
    # Order puts NaN above all numbers; a coordinate that is none is one that is missing.
    numbers = [pl.col("box").struct.field(name).cast(pl.Float64).fill_nan(None).alias(name) for name in COORDINATES]
    return flat.with_columns(numbers)


def _relative(frame: pl.DataFrame, params: Any) -> pl.Expr:
    """Whether the boxes of a record are parts of its picture."""
    told = [pl.col(name) for name in params.glances() if frame.schema[name] == pl.String]
    return pl.coalesce(told).eq_missing(pl.lit(boxunits.RELATIVE)) if told else pl.lit(False)


def _judged(flat: pl.DataFrame, params: Any) -> pl.DataFrame:
    """Adds `verdict`: what is wrong with a box, null where nothing is; clips coordinates."""
    lacking = pl.any_horizontal(pl.col(name).is_null() for name in COORDINATES)
    negative, bare = (XMAX < XMIN) | (YMAX < YMIN), (XMAX <= XMIN) | (YMAX <= YMIN)
    verdict = pl.lit(None, pl.String)
    if params.outside != "keep":
        leaves = (XMIN < 0) | (YMIN < 0) | (XMAX > WIDTH).fill_null(False) | (YMAX > HEIGHT).fill_null(False)
        beyond = (XMAX <= 0) | (YMAX <= 0) | (XMIN >= WIDTH).fill_null(False) | (YMIN >= HEIGHT).fill_null(False)
        out = pl.lit("outside")
        inner = pl.when(beyond).then(out).when(leaves).then(pl.lit("clipped"))
        far = (XMIN < -SLACK) | (YMIN < -SLACK) | (XMAX > WIDTH + SLACK).fill_null(False) | (YMAX > HEIGHT + SLACK).fill_null(False)
        verdict = pl.when(far).then(out) if params.outside == "remove" else inner
    if params.zero_area == "remove":
        verdict = (
            pl.when(lacking).then(pl.lit("coordinate missing"))
            .when(negative).then(pl.lit("negative area"))
            .when(bare).then(pl.lit("zero area"))
            .otherwise(verdict)
        )  # fmt: skip
    return flat.with_columns(verdict=verdict)


def _left(judged: pl.DataFrame, dtype: pl.DataType) -> pl.DataFrame:
    """Per row with a box that was judged: `new`, the boxes left, and `said`, what happened to the others."""
    judged = judged.filter(pl.col("verdict").is_not_null().any().over("row"))
    assert isinstance(dtype, pl.List)
    assert isinstance(dtype.inner, pl.Struct)
    types = {f.name: f.dtype for f in dtype.inner.fields}
    clipped = [
        pl.max_horizontal(XMIN, pl.lit(0.0)).alias("xmin"),
        pl.max_horizontal(YMIN, pl.lit(0.0)).alias("ymin"),
        pl.min_horizontal(XMAX, WIDTH).alias("xmax"),
        pl.min_horizontal(YMAX, HEIGHT).alias("ymax"),
    ]
    within = pl.col("box").struct.with_fields(
        value.cast(types[name]) for value, name in zip(clipped, COORDINATES, strict=True)
    )
    new = pl.when(pl.col("verdict") == "clipped").then(within).otherwise(pl.col("box")).cast(dtype.inner)
    said = _name("label" in types) + pl.lit(" ") + pl.col("verdict")
    stays = pl.col("verdict").is_null() | (pl.col("verdict") == "clipped")
    return (
        judged.with_columns(new=new, said=said, stays=stays)
        .group_by("row", maintain_order=True)
        .agg(pl.col("new").filter("stays"), pl.col("said").drop_nulls().str.join("; "))
    )


def _name(labelled: bool) -> pl.Expr:
    """`RBC 504,337,504,337`."""
    label = pl.col("box").struct.field("label").cast(pl.String).fill_null("?") if labelled else pl.lit("box")
    numbers = [pl.col(name).cast(pl.String).str.strip_suffix(".0").fill_null("?") for name in COORDINATES]
    return label + pl.lit(" ") + pl.concat_str(numbers, separator=",")
