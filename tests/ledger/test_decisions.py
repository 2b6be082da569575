from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from dsv.ledger import decisions as ledger


@pytest.mark.parametrize("value", [dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3), True, 1.5])
def test_a_value_of_another_type_is_laid_over_a_text(value: object) -> None:
    part = pl.DataFrame({"row": [1], "=v": [value]}).with_columns(
        rule=pl.lit("r"), action=pl.lit("set"), column=pl.lit("v")
    )
    found = ledger.overlay(pl.DataFrame({"v": [None, "x"]}, schema={"v": pl.String}), ledger.sparse([part]))
    assert found["v"].to_list() == [None, value]


def test_a_column_in_which_nothing_is_set_is_none() -> None:
    part = pl.DataFrame({"row": [1], "rule": ["r"], "action": ["drop"], "=v": [None]}, schema_overrides={"=v": pl.String})
    assert ledger.sparse([part]).assigned == []
    told = pl.DataFrame({"row": [2], "rule": ["s"], "action": ["set"], "column": ["w"], "=w": [None]}, schema_overrides={"=w": pl.Int64})
    assert ledger.sparse([part, told]).assigned == ["w"]
    assert sorted(ledger.sparse([part, told]).digests()) == ["*", "_moves", "w"]
