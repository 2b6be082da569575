from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dsv.record.arrays import series


@pytest.mark.parametrize(
    "values",
    [
        np.arange(10, dtype=np.uint64)[::-1] + np.uint64(2**63),
        np.array([-1, 0, 5], dtype=np.int64),
        np.array([1, 2, 3, 4], dtype=np.uint32)[::2],
        np.array([True, False, True] * 7),
        np.array([False] * 8)[1:],
        np.empty(0, dtype=np.bool_),
        np.empty(0, dtype=np.int64),
    ],
)
def test_a_series_holds_what_the_array_holds(values: Any) -> None:
    found = series(values, "name")
    assert (found.name, found.to_list()) == ("name", values.tolist())
    assert found.to_numpy().dtype == values.dtype
