"""Rows from JSON objects: columns of one type each, numbers as they are."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from dsv.formats.base import RAW
from dsv.table import mixing

SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
ARROW = {"string": pa.large_string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}


class Duplicate(ValueError):
    """An object that names a key twice."""


def parse(text: str) -> Any:
    """The JSON value; a repeated key, NaN, Infinity, a number that no float64 holds and half a character are refused."""
    return _whole(_STRICT.decode(text), text)


def decode(text: str) -> tuple[Any, list[str]]:
    """The JSON value, and the numbers that no float64 holds: they are infinite in it, which JSON itself cannot say."""
    beyond: list[str] = []

    def number(digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            beyond.append(digits)
        return value

    found = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant, parse_float=number)
    return _whole(found, text), beyond


def _whole(found: Any, text: str) -> Any:
    if SURROGATE.search(text):
        json.dumps(found, ensure_ascii=False).encode()
    return found


def unheld(beyond: Sequence[str]) -> str:
    """What is wrong with numbers that no float64 holds."""
    return f"no float64 holds the number {beyond[0][:60]}"


def infinite(value: Any) -> int:
    """How many infinite numbers are in a value."""
    if isinstance(value, dict):
        return sum(map(infinite, value.values()))
    if isinstance(value, list):
        return sum(map(infinite, value))
    return int(isinstance(value, float) and math.isinf(value))


def text(value: Any) -> str:
    """The value as JSON, which has no NaN and no infinity: they become null. Bytes are base64."""
    try:
        return json.dumps(value, ensure_ascii=False, default=mixing.plain, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=mixing.plain, allow_nan=False)


def raw(value: Any) -> bytes:
    """What stands for the raw bytes of a value that is read with others: its JSON text."""
    return (mixing.text(value) or "null").encode(errors="replace")[:RAW]


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


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(unheld([digits]))
    return value


# Made once: making one costs as much as reading a line.
_STRICT = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float)


def table(objects: Sequence[dict[str, Any]], types: Mapping[str, str] | None = None) -> pa.Table:
    """The objects as a table. A column that mixes types holds the JSON text of its values, as one declared as string does."""
    names = list(dict.fromkeys(name for one in objects for name in one))
    columns = []
    for name in names:
        values = [one.get(name) for one in objects]
        columns.append(_column(values, (types or {}).get(name)))
    return pa.table(columns, names=names)


def _column(values: list[Any], declared: str | None) -> pa.Array:
    kinds = {type(v) for v in values if v is not None}
    try:
        if kinds == {int, float}:
            floats = [None if v is None else float(v) for v in values]
            # Beyond 2**53 not every whole number is a float: none is changed because another value has decimals.
            if declared != "string" and floats == values:
                return pa.array(floats, pa.float64())
        elif len(kinds) <= 1 and (declared != "string" or not kinds <= {int, float, bool}):
            return pa.array(values, pa.large_string() if kinds <= {str} else None)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass
    return pa.array([mixing.text(value) for value in values], pa.large_string())
