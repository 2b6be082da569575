"""Numbers compared as they are: beyond 2^53 not every whole number is a float."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

# Of whole numbers as they are stored, and of those that can be compared with any float.
LEAST, MOST = -(2**63), 2**64 - 1
BOUND = 2**100
WHOLE: Final = pl.Int128()

# A whole number and a float, which is first rounded to the side where nothing changes.
_MIXED: Final[Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "lt": lambda whole, value: whole < _whole(value.ceil()),
    "le": lambda whole, value: whole <= _whole(value.floor()),
    "gt": lambda whole, value: whole > _whole(value.floor()),
    "ge": lambda whole, value: whole >= _whole(value.ceil()),
    "eq": lambda whole, value: (whole == _whole(value.floor())) & (value == value.floor()),
    "ne": lambda whole, value: (whole != _whole(value.floor())) | (value != value.floor()),
}
_TURNED: Final = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


def compare(name: str, left: pl.Expr, right: pl.Expr, kinds: tuple[pl.DataType, pl.DataType]) -> pl.Expr:
    """The comparison (`lt`, `le`, `gt`, `ge`, `eq`, `ne`) of two numbers of these types, exact where one is whole and one a float."""
    one, other = kinds
    if one.is_integer() and other.is_float():
        return _MIXED[name](left.cast(WHOLE), right)
    if one.is_float() and other.is_integer():
        return _MIXED[_TURNED[name]](right.cast(WHOLE), left)
    if one.is_integer() and other.is_integer() and one != other:
        left, right = left.cast(WHOLE), right.cast(WHOLE)
    found: pl.Expr = getattr(left, name)(right)
    return found


def against(name: str, value: pl.Expr, dtype: pl.DataType, constant: float) -> pl.Expr:
    """The comparison of a column of numbers with a number of the params."""
    if isinstance(constant, int) and dtype.is_float() and constant == float(constant):
        constant = float(constant)
    kind: pl.DataType = pl.Float64()
    if isinstance(constant, int):
        kind = pl.Int64() if LEAST <= constant < 2**63 else WHOLE
    return compare(name, value, pl.lit(constant, kind), (dtype, kind))


def _whole(value: pl.Expr) -> pl.Expr:
    """A float without decimals as a whole number; beyond all that are compared it is one that is beyond them, too."""
    return value.clip(-2.0**120, 2.0**120).cast(WHOLE, strict=False)


def within(value: pl.Expr) -> pl.Expr:
    """Whole numbers, null where 64 bits do not hold them."""
    return value.cast(pl.Int64, strict=False)
