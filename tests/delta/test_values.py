from __future__ import annotations

from typing import Any

import pytest

from dsv.delta import values

LONG = "a" * 100
BOX = {"label": "RBC", "xmin": 1.0, "extra": None}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("good", "good"),
        ("", '""'),
        (" padded", '" padded"'),
        ("two\nlines", '"two\\nlines"'),
        ("\ufeffid", '"\\ufeffid"'),
        ("null", '"null"'),
        (None, "null"),
        (3.5, "3.5"),
        (True, "true"),
        (["\u202eab"], '["\\u202eab"]'),
        (BOX, '{"label": "RBC", "xmin": 1.0}'),
        (LONG, "a" * 69 + "…"),
    ],
)
def test_what_is_shown_of_a_value_is_all_that_is_there(value: Any, shown: str) -> None:
    assert values.short(value) == shown


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("bad", "better", ["text: bad → better"]),
        ("", None, ['text: "" → null']),
        ("a b", "a\tb", ['text: a b → "a\\tb"']),
        (LONG + "x", LONG + "yz", [f"text: …{'a' * 20}x → …{'a' * 20}yz"]),
        ([BOX], [BOX, {"label": "WBC"}], ["text: 1 → 2 elements", '  + {"label": "WBC"}']),
        ([1, 2, 2], [2, 1], ["text: 3 → 2 elements", "  - 2"]),
        ([1, 2], [2, 1], ["text: 2 → 2 elements, in another order"]),
        (list(range(7)), [], ["text: 7 → 0 elements", "  - 0", "  - 1", "  - 2", "  - 3", "  - 4", "  - 2 more"]),
    ],
)
def test_a_change_is_shown_where_it_is(old: Any, new: Any, lines: list[str]) -> None:
    assert list(values.changed("text", old, new)) == lines
