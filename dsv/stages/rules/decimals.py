"""Floats rounded to decimals, each to what Python's `round` gives."""

from __future__ import annotations

import numpy as np
import polars as pl

from dsv.record.arrays import series

# From here on no float has so many decimals; from a quarter of it on a product tells no half.
_ALL, _MOST = 2.0**53, 2.0**50


def rounded(values: pl.Series, decimals: int) -> pl.Series:
    """The floats nearest to the decimal numbers that are nearest to the values; a half goes to the even neighbour."""
    there = values.is_not_null()
    own = values.fill_null(0.0).cast(pl.Float64).to_numpy()
    power = 10.0**decimals
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = own * power
        size = np.abs(scaled)
        # Of whole numbers below 2^53 the quotient is the float that is nearest.
        new = np.rint(scaled) / power
        near = np.abs(size - np.floor(size) - 0.5) <= size * 2.0**-52
    new = np.where(size < _ALL, new, own)
    if decimals:
        doubtful = ((size > _MOST) | near) & (size < _ALL)
        # A product is rounded itself: where it is about a half, the value alone tells on which side.
        new[doubtful] = [round(value, decimals) for value in own[doubtful].tolist()]
    return series(new, values.name).cast(values.dtype).zip_with(there, pl.Series([None], dtype=values.dtype))
