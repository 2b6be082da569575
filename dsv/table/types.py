"""The canonical column types of docs/format.md §3 and their names."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa

NAMES: dict[str, pa.DataType] = {
    "string": pa.large_string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "datetime[utc]": pa.timestamp("us", "UTC"),
    "binary": pa.large_binary(),
}


def canonical(dtype: pa.DataType, null: pa.DataType = NAMES["string"]) -> pa.DataType:
    """The type in which values of this type are stored; `null` is that of what has no value at all."""
    t = pa.types
    if t.is_dictionary(dtype):
        return canonical(dtype.value_type, null)
    if t.is_string(dtype) or t.is_large_string(dtype) or t.is_string_view(dtype):
        return pa.large_string()
    if t.is_null(dtype):
        return null
    if t.is_integer(dtype):
        # An unsigned 64-bit value need not fit; it keeps its type.
        return dtype if t.is_uint64(dtype) else pa.int64()
    if t.is_floating(dtype):
        return pa.float64()
    if t.is_timestamp(dtype):
        return pa.timestamp("us", None if dtype.tz is None else "UTC")
    if t.is_duration(dtype):
        # Parquet has no type of durations.
        return pa.int64()
    if t.is_date(dtype):
        return pa.date32()
    if t.is_binary(dtype) or t.is_large_binary(dtype) or t.is_binary_view(dtype) or t.is_fixed_size_binary(dtype):
        return pa.large_binary()
    if (
        t.is_list(dtype)
        or t.is_large_list(dtype)
        or t.is_fixed_size_list(dtype)
        or t.is_list_view(dtype)
        or t.is_large_list_view(dtype)
    ):
        return pa.large_list(pa.field("item", canonical(dtype.value_type, null)))
    if t.is_struct(dtype):
        return pa.struct([pa.field(f.name, canonical(f.type, null)) for f in dtype])
    return dtype


def name(dtype: pa.DataType) -> str:
    """The name of a type in params, reports and schemas: the same in whatever order a struct has its fields."""
    dtype = canonical(dtype)
    for known, arrow in NAMES.items():
        if dtype == arrow:
            return known
    if pa.types.is_large_list(dtype):
        return f"list<{name(dtype.value_type)}>"
    if pa.types.is_struct(dtype):
        return "struct<" + ",".join(f"{f.name}:{name(f.type)}" for f in sorted(dtype, key=lambda field: field.name)) + ">"
    return str(dtype)


def called(dtype: pl.DataType) -> str:
    """The name of a type of Polars."""
    return name(pl.Series([], dtype=dtype).to_arrow(compat_level=pl.CompatLevel.oldest()).type)


def cast(table: pa.Table, null: pa.DataType = NAMES["string"]) -> pa.Table:
    """The table in canonical types, one chunk a column."""
    columns = []
    for column in table.columns:
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        wanted = canonical(column.type, null)
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            # A zone such as +05:30 is none that Polars knows.
            column = column.cast(pa.timestamp(column.type.unit, "UTC"))
        if _finer(column.type):
            column = _micros(pl.Series(column)).to_arrow(compat_level=pl.CompatLevel.oldest())
        columns.append(column if column.type == wanted else column.cast(wanted))
    return pa.table(columns, names=table.column_names)


def in_micros(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with times as they are stored: floored to microseconds, and durations as whole numbers of microseconds."""
    return frame.with_columns(_micros(values) for values in frame if _coarser(values.dtype, whole=True) != values.dtype)


def _finer(dtype: pa.DataType) -> bool:
    """Whether there are durations in the type, or times with nanoseconds."""
    if pa.types.is_duration(dtype) or (pa.types.is_timestamp(dtype) and dtype.unit == "ns"):
        return True
    return any(_finer(dtype.field(i).type) for i in range(dtype.num_fields))


def _micros(values: pl.Series) -> pl.Series:
    # In two steps: Polars gives the number of a duration in its own unit.
    return values.cast(_coarser(values.dtype, whole=False)).cast(_coarser(values.dtype, whole=True))


def _coarser(dtype: Any, *, whole: bool) -> Any:
    """The type with microseconds; with durations as whole numbers where that is asked for."""
    if isinstance(dtype, pl.Datetime):
        return pl.Datetime("us", dtype.time_zone)
    if isinstance(dtype, pl.Duration):
        return pl.Int64() if whole else pl.Duration("us")
    if isinstance(dtype, pl.List):
        return pl.List(_coarser(dtype.inner, whole=whole))
    if isinstance(dtype, pl.Array):
        return pl.Array(_coarser(dtype.inner, whole=whole), dtype.size)
    if isinstance(dtype, pl.Struct):
        return pl.Struct({field.name: _coarser(field.dtype, whole=whole) for field in dtype.fields})
    return dtype
