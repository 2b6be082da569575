"""Rows from JSON objects: columns of one type each, numbers as they are."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from dsv.table import mixing

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
ARROW = {"string": pa.large_string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}


class Duplicate(ValueError):
    """An object that names a key twice."""


def parse(text: str) -> Any:
    """The JSON value; a repeated key, NaN, Infinity and half a character are refused."""
    found = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)
    if SURROGATE.search(text):
        json.dumps(found, ensure_ascii=False).encode()
    return found


def text(value: Any) -> str:
    """The value as JSON, which has no NaN and no infinity: they become null."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=str, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise Duplicate(f"the key {next(n for n in names if names.count(n) > 1)!r} stands twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def table(objects: Sequence[dict[str, Any]]) -> pa.Table:
    """The objects as a table. A column that mixes types holds the JSON text of its values."""
    names = list(dict.fromkeys(name for one in objects for name in one))
    columns = []
    for name in names:
        values = [one.get(name) for one in objects]
        columns.append(_column(values))
    return pa.table(columns, names=names)


def _column(values: list[Any]) -> pa.Array:
    kinds = {type(v) for v in values if v is not None}
    try:
        if kinds == {int, float}:
            return pa.array([None if v is None else float(v) for v in values], pa.float64())
        if len(kinds) <= 1:
            return pa.array(values, pa.large_string() if kinds <= {str} else None)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass
    return pa.array([mixing.text(value) for value in values], pa.large_string())
