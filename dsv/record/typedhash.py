"""A hash of plain values that tells 1, 1.0, true and "1" apart, which Python's `==`, and so DVC, does not.

The encoding is injective: every scalar carries its type, every text its length, every collection its size. The order of
the keys of a mapping does not count, that of a list does.
"""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Mapping, Set
from typing import Any

import xxhash

from dsv.errors import DsvError

NAN = b"f7ff8000000000000;"


def typed_hash(value: Any) -> str:
    """XXH3-128 of the value's canonical encoding, 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(encode(value))


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal in type and value; nan is the same as nan."""
    return encode(one) == encode(other)


def encode(value: Any) -> bytes:
    """The canonical encoding of a plain value; equal for equal values only."""
    try:
        return _encode(value)
    except RecursionError:
        raise DsvError("A value refers to itself or is nested too deeply.") from None


def _encode(value: Any) -> bytes:
    if isinstance(value, Mapping):
        entries = sorted((_encode(key), _encode(item)) for key, item in value.items())
        return b"m%d:" % len(entries) + b"".join(key + item for key, item in entries)
    if isinstance(value, (list, tuple)):
        return b"l%d:" % len(value) + b"".join(map(_encode, value))
    if isinstance(value, (set, frozenset, Set)):
        return b"u%d:" % len(value) + b"".join(sorted(map(_encode, value)))
    return _scalar(value)


def _scalar(value: Any) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, bool):
        return b"b1" if value else b"b0"
    if isinstance(value, int):
        return b"i%x;" % value
    if isinstance(value, float):
        return NAN if math.isnan(value) else b"f" + struct.pack(">d", value).hex().encode() + b";"
    if isinstance(value, str):
        return _sized(b"s", value.encode("utf-8", "surrogatepass"))
    if isinstance(value, (bytes, bytearray)):
        return _sized(b"x", bytes(value))
    if isinstance(value, dt.datetime):
        return _sized(b"t", value.isoformat().encode())
    if isinstance(value, dt.date):
        return _sized(b"d", value.isoformat().encode())
    raise DsvError(f"A value of type {type(value).__name__} is no plain value of YAML.")


def _sized(tag: bytes, payload: bytes) -> bytes:
    return tag + b"%d:" % len(payload) + payload
