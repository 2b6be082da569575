"""Columns whose values have no type in common, or one that is not stored: they hold the JSON text of their values."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

# Stands for a type of whole numbers that is still to be found.
_WHOLE = pl.Int128()


def text(value: Any) -> str | None:
    """The JSON text of a value; a text is itself, and nothing is nothing. Bytes are base64."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=plain)


def plain(value: Any) -> str:
    """What JSON has no value for: bytes in base64, all else as Python says it."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def texts(values: pl.Series) -> pl.Series:
    """The JSON text of each value."""
    if values.dtype == pl.String:
        return values
    return pl.Series(values.name, [text(value) for value in values.to_list()], dtype=pl.String)


def shown(values: pl.Series) -> pl.Series:
    """The values as texts for people."""
    return texts(values) if values.dtype.is_nested() else values.cast(pl.String, strict=False)


def within(kind: pl.DataType) -> Iterator[pl.DataType]:
    """The type, and all types of its elements and fields."""
    yield kind
    inner = [field.dtype for field in kind.fields] if isinstance(kind, pl.Struct) else []
    for part in [kind.inner] if isinstance(kind, (pl.List, pl.Array)) else inner:
        yield from within(_type(part))


def hollow(kind: pl.DataType) -> bool:
    """Whether a struct without any field is in the type: Parquet does not hold it."""
    return any(isinstance(part, pl.Struct) and not part.fields for part in within(kind))


def agreed(columns: Sequence[pl.Series]) -> pl.DataType | None:
    """The type that has all values of the columns, None where there is none. What has no value has no say."""
    told: pl.DataType | None = pl.Null()
    for values in columns:
        told = None if told is None else _common(told, _told(values))
    if told is None:
        return None
    filled = _filled(told, [values.dtype for values in columns])
    # Signed and unsigned meet in the one that holds the values of both.
    kinds = [_with(filled, whole) for whole in (pl.Int64(), pl.UInt64())] if _WHOLE in within(filled) else [filled]
    return next((kind for kind in kinds if all(_holds(kind, values) for values in columns)), None)


def _holds(kind: pl.DataType, values: pl.Series) -> bool:
    """Whether the type has the values as they are: beyond 2**53 not every whole number is a float."""
    if values.dtype == kind or not any(part.is_integer() for part in within(values.dtype)):
        return True
    there = values.cast(_within(kind, values.dtype), strict=False)
    return there.cast(values.dtype, strict=False).equals(values, null_equal=True)


def _with(kind: pl.DataType, whole: pl.DataType) -> pl.DataType:
    """The type with a type of whole numbers in place of the one that stands for any."""
    if isinstance(kind, pl.List):
        return pl.List(_with(_type(kind.inner), whole))
    if isinstance(kind, pl.Struct):
        return pl.Struct({field.name: _with(_type(field.dtype), whole) for field in kind.fields})
    return whole if kind == _WHOLE else kind


def cast(values: pl.Series, kind: pl.DataType) -> pl.Series:
    """The values in a type that `agreed` found; of structs the fields that they have."""
    return values.cast(_within(kind, values.dtype))


def _within(kind: pl.DataType, own: pl.DataType) -> pl.DataType:
    if isinstance(kind, pl.List) and isinstance(own, pl.List):
        return pl.List(_within(_type(kind.inner), _type(own.inner)))
    if isinstance(kind, pl.Struct) and isinstance(own, pl.Struct):
        wanted = {field.name: _type(field.dtype) for field in kind.fields}
        return pl.Struct({field.name: _within(wanted[field.name], _type(field.dtype)) for field in own.fields})
    return kind


def _told(values: pl.Series) -> pl.DataType:
    """The type of a column, null where it has no value."""
    if values.null_count() == len(values):
        return pl.Null()
    if isinstance(values.dtype, pl.List):
        return pl.List(_told(values.list.explode(empty_as_null=False).drop_nulls()))
    if isinstance(values.dtype, pl.Struct):
        whole = values.drop_nulls()
        return pl.Struct({field.name: _told(whole.struct.field(field.name)) for field in values.dtype.fields})
    return values.dtype


def _filled(told: pl.DataType, kinds: Sequence[pl.DataType]) -> pl.DataType:
    """The type, with that of the columns where no value tells one."""
    if told == pl.Null:
        return next((kind for kind in kinds if kind != pl.Null), told)
    if isinstance(told, pl.List):
        return pl.List(_filled(_type(told.inner), [_type(kind.inner) for kind in kinds if isinstance(kind, pl.List)]))
    if isinstance(told, pl.Struct):
        fields = [field for kind in kinds if isinstance(kind, pl.Struct) for field in kind.fields]
        of = {field.name: [_type(other.dtype) for other in fields if other.name == field.name] for field in told.fields}
        return pl.Struct({field.name: _filled(_type(field.dtype), of[field.name]) for field in told.fields})
    return told


def _common(one: pl.DataType, two: pl.DataType) -> pl.DataType | None:
    """The type that has the values of both; None where there is none."""
    if one == two or two == pl.Null:
        return one
    if one == pl.Null:
        return two
    if one.is_integer() and two.is_integer():
        return _WHOLE
    if one.is_numeric() and two.is_numeric():
        return pl.Float64()
    if isinstance(one, pl.List) and isinstance(two, pl.List):
        inner = _common(_type(one.inner), _type(two.inner))
        return None if inner is None else pl.List(inner)
    if isinstance(one, pl.Struct) and isinstance(two, pl.Struct):
        return _struct([*one.fields, *two.fields])
    return None


def _struct(fields: Iterable[pl.Field]) -> pl.DataType | None:
    found: dict[str, pl.DataType] = {}
    for field in fields:
        both = _common(found.get(field.name, pl.Null()), _type(field.dtype))
        if both is None:
            return None
        found[field.name] = both
    return pl.Struct(found)


def _type(kind: Any) -> pl.DataType:
    return kind if isinstance(kind, pl.DataType) else kind()
