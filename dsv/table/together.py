"""Frames of one kind as one frame."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dsv.table import mixing

EMPTY = pl.List(pl.Null)


def together(frames: Sequence[pl.DataFrame], like: Sequence[pl.DataFrame] = ()) -> pl.DataFrame:
    """All rows. A column without a value in a frame has no say in its type: how rows are cut is none's matter.

    A column without a value in any has its type in the first of `like`, or of the frames, that has it. One whose values
    have no type in common holds their JSON text.
    """
    bare = [frame.with_columns(_bare(frame[name]) for name in frame.columns) for frame in frames]
    whole = pl.concat(_alike(bare), how="diagonal_relaxed")
    silent = {name: kind for name, kind in whole.schema.items() if kind in (pl.Null, EMPTY)}
    return whole.with_columns(pl.col(name).cast(_type(name, kind, like or frames)) for name, kind in silent.items())


def _alike(frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """The frames, columns in one type where Polars has none for them, or makes of their values what did not stand there."""
    kinds: dict[str, set[pl.DataType]] = {}
    for frame in frames:
        for name, kind in frame.schema.items():
            kinds.setdefault(name, set()).add(kind)
    for name, those in kinds.items():
        columns = [frame[name] for frame in frames if name in frame.columns]
        if _unlike(those - {pl.Null()}):
            both = mixing.agreed(columns)
        elif any(kind.is_decimal() for kind in those) and _overflow(columns):
            both = None
        else:
            continue
        for i, frame in enumerate(frames):
            if name in frame.columns:
                frames[i] = frame.with_columns(mixing.texts(frame[name]) if both is None else mixing.cast(frame[name], both))
    return frames


def _overflow(columns: Sequence[pl.Series]) -> bool:
    """Whether the decimal that Polars finds for all has no room for some of the values."""
    kind = pl.concat([column.clear().to_frame("") for column in columns], how="vertical_relaxed").dtypes[0]
    return any(column.cast(kind, strict=False).null_count() > column.null_count() for column in columns)


def _unlike(kinds: set[pl.DataType]) -> bool:
    if len(kinds) < 2 or any(kind.is_nested() for kind in kinds):
        return len(kinds) > 1
    families = {_family(kind) for kind in kinds - {pl.String()}}
    # Of moments some have a zone and some have none. Polars makes texts of times without the parts of a second.
    if len(families) > 1 or families <= {"bytes", "time"} or sum(isinstance(kind, pl.Datetime) for kind in kinds) > 1:
        return True
    # Polars makes a float of any number.
    return families == {"number"} and not any(kind.is_decimal() for kind in kinds)


def _family(kind: pl.DataType) -> str:
    """What the values are: those of two families have no type in common. Texts may stand beside any but bytes and times."""
    if kind.is_numeric():
        return "number"
    if kind in (pl.Binary, pl.Time):
        return "bytes" if kind == pl.Binary else "time"
    return "moment" if kind == pl.Date or isinstance(kind, pl.Datetime) else str(kind)


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
