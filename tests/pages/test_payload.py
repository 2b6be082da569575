from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dsv.delta.model import OPS, RecordDelta
from dsv.delta.values import short
from dsv.pages import payload
from tests.pages.reports import cause, report

VALUE = (
    st.none()
    | st.integers(0, 3)
    | st.booleans()
    | st.text("ab\0<", max_size=3)
    | st.lists(st.integers(0, 2), max_size=2)
)
SIDE = st.dictionaries(st.sampled_from("abc"), VALUE, max_size=3)
CHANGE = st.tuples(st.sampled_from(OPS), SIDE, SIDE, st.integers(0, 2))


def unpacked(packed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return found


def cells(found: dict[str, Any]) -> list[dict[str, tuple[str | None, str | None]]]:
    """Per record its cells, as the page's script reads them."""
    rows: list[dict[str, tuple[str | None, str | None]]] = [{} for _ in range(found["n"])]
    for name, runs, was, now, texts in found["columns"]:
        at = [row for start, n in zip(runs[::2], runs[1::2], strict=True) for row in range(start, start + n)]
        for k, row in enumerate(at):
            codes = [side if isinstance(side, int) else side[k] for side in (was, now)]
            rows[row][name] = tuple(texts[code - 1] if code else None for code in codes)  # type: ignore[assignment]
    return rows


def delta(number: int, change: tuple[str, dict[str, Any], dict[str, Any], int]) -> RecordDelta:
    op, old, new, why = change
    return RecordDelta(
        f"s/{number}", op, None if op == "added" else old, None if op == "removed" else new, cause("param", f"p{why}")
    )


@given(st.lists(CHANGE, max_size=8))
def test_what_is_packed_is_all_that_changed(changes: list[Any]) -> None:
    deltas = [delta(i, change) for i, change in enumerate(changes)]
    made = report(deltas)
    found = unpacked(payload.pack(made)[0])
    assert found["ids"] == [d.id for d in deltas]
    assert [OPS[int(op)] for op in found["ops"]] == [d.op for d in deltas]
    assert [made.causes[at][0] for at in found["causes"]] == [d.cause for d in deltas]
    told = [
        {
            name: tuple(None if side is None or name not in side else short(side[name]) for side in (d.old, d.new))
            for name in {**(d.old or {}), **(d.new or {})}
        }
        for d in deltas
    ]
    assert cells(found) == told


def test_the_same_report_is_the_same_page() -> None:
    made = report([delta(0, ("added", {}, {"a": 1}, 0))])
    assert payload.pack(made) == payload.pack(made)


def test_what_does_not_fit_is_left_out_and_said_to_be() -> None:
    wide = {f"c{i}": i for i in range(1000)}
    n = payload.CELLS // 1000 + 1
    packed, left = payload.pack(
        report([RecordDelta(f"s/{i}", "added", None, wide, cause("param", "p")) for i in range(n)])
    )
    assert left == ["Of added and removed records the first 999 columns are shown."]
    assert len(unpacked(packed)["columns"]) == 999
