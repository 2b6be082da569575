"""Dates and times of Parquet that are in no year from 1 to 9999: nothing that reads records later knows them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# 0001-01-01 and 10000-01-01 in days and in seconds.
_DAYS, _SECONDS = (-719_162, 2_932_897), (-62_135_596_800, 253_402_300_800)
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000}
Mask = npt.NDArray[np.bool_]


def beyond(table: pa.Table) -> dict[str, Mask]:
    """Of each column that has such values: in which rows."""
    found = {field.name: _beyond(table.column(field.name)) for field in table.schema if any(map(_limits, _within(field.type)))}
    return {name: mask for name, mask in found.items() if mask.any()}


def _beyond(column: pa.ChunkedArray) -> Mask:
    limits = _limits(column.type)
    if limits is None:
        return np.array([not _held(value) for value in column], dtype=np.bool_)
    number = column.cast(pa.int32() if pa.types.is_date32(column.type) else pa.int64())
    outside = pc.or_(pc.less(number, limits[0]), pc.greater_equal(number, limits[1]))
    return np.asarray(outside.fill_null(False).to_numpy(), dtype=np.bool_)


def _limits(kind: pa.DataType) -> tuple[int, int] | None:
    """The first number of such a type that is a moment, and the first after the last; None where all are."""
    if pa.types.is_date32(kind):
        return _DAYS
    unit = 1_000 if pa.types.is_date64(kind) else _UNITS.get(kind.unit) if pa.types.is_timestamp(kind) else None
    return None if unit is None else (_SECONDS[0] * unit, _SECONDS[1] * unit)


def _within(kind: pa.DataType) -> Iterator[pa.DataType]:
    yield kind
    for i in range(kind.num_fields):
        yield from _within(kind.field(i).type)


def _held(value: pa.Scalar) -> bool:
    try:
        value.as_py()
    except (ValueError, OverflowError):
        return False
    return True
