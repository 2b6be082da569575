from __future__ import annotations

import polars as pl

from dsv.delta import columns


def test_lists_that_differ_in_their_last_element_have_different_texts() -> None:
    whole = [{"label": "RBC", "xmin": float(i)} for i in range(500)]
    texts = columns.plain(pl.Series([whole, [*whole[:-1], {"label": "RBC", "xmin": 0.5}], None, whole]))
    assert texts.is_null().to_list() == [False, False, True, False]
    assert texts[0] == texts[3] != texts[1]
