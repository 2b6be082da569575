"""What has no value in a frame has no say in its type."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from dsv.table.together import together

BOX = {"label": "cell", "xmin": 0.5}


@pytest.mark.parametrize("silent", [[], None])
@pytest.mark.parametrize("value", [[BOX], [[1]], [1], ["a"]])
def test_a_list_that_is_empty_as_stored_takes_the_type_of_the_others(value: Any, silent: Any) -> None:
    # A list of which no element is known is stored as a list of strings.
    stored = pl.DataFrame({"x": [silent]}, schema={"x": pl.List(pl.String)})
    assert together([stored, pl.DataFrame({"x": [value]})])["x"].to_list() == [silent, value]


def test_lists_that_are_all_empty_keep_their_type() -> None:
    stored = pl.DataFrame({"x": [[]]}, schema={"x": pl.List(pl.String)})
    assert together([stored, stored]).schema["x"] == pl.List(pl.String)
