"""NumPy arrays as Polars series, by way of Arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa


def series(values: npt.NDArray[Any], name: str = "") -> pl.Series:
    """An array of numbers or of truth values as a series.

    Polars' own way, and Arrow's, load `numpy.ma` to look for masks: a tenth of what a small diff costs.
    """
    if values.dtype == np.bool_:
        buffer, kind = np.packbits(values, bitorder="little"), pa.bool_()
    else:
        buffer, kind = np.ascontiguousarray(values), pa.from_numpy_dtype(values.dtype)
    return pl.Series(Exported(pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(buffer)]))).alias(name)


class Exported:
    """An Arrow array by its C interface alone: of one that it knows as Arrow's, Polars loads `pyarrow.compute` (25 ms)."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return self.array.__arrow_c_array__(requested_schema)  # type: ignore[no-any-return]
