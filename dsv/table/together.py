"""Frames of one kind as one frame."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

EMPTY = pl.List(pl.Null)


def together(frames: Sequence[pl.DataFrame], like: Sequence[pl.DataFrame] = ()) -> pl.DataFrame:
    """All rows. A column without a value in a frame has no say in its type: how rows are cut is none's matter.

    A column without a value in any has its type in the first of `like`, or of the frames, that has it.
    """
    bare = [frame.with_columns(_bare(frame[name]) for name in frame.columns) for frame in frames]
    whole = pl.concat(bare, how="diagonal_relaxed")
    silent = {name: kind for name, kind in whole.schema.items() if kind in (pl.Null, EMPTY)}
    return whole.with_columns(pl.col(name).cast(_type(name, kind, like or frames)) for name, kind in silent.items())


def _bare(values: pl.Series) -> pl.Series:
    if values.null_count() == len(values):
        return values.cast(pl.Null)
    if isinstance(values.dtype, pl.List) and values.list.len().max() == 0:
        # Polars does not cast to lists of nulls.
        return pl.Series(values.name, values.to_list(), EMPTY)
    return values


def _type(name: str, kind: pl.DataType, frames: Sequence[pl.DataFrame]) -> pl.DataType:
    kinds = [frame.schema[name] for frame in frames if name in frame.columns]
    return next((one for one in kinds if kind == pl.Null or isinstance(one, pl.List)), kind)
