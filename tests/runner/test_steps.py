"""Memory is bounded by deciding some keys at a time and by asking for few earlier keys: neither shows in what is decided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.runner.shards.keyset import Keys, Seen
from dsv.runner.shards.narrow import Cache
from dsv.runner.stage import rounds, scatter
from tests.runner.histories import Deliver, Plan, Row, Section, Step
from tests.runner.workshop import Workshop

TEXT = {"columns": ["text"]}
PEOPLE = ("ann", "bob", "cat")
VALUES = st.integers(0, 2**64 - 1)


def _shop(start: int) -> list[Row]:
    return [{"id": str(i), "text": f"t{i % 11}", "price": i / 2, "g": "xyz"[i % 3]} for i in range(start, start + 30)]


def _votes(start: int) -> list[Row]:
    return [{"id": str(i), "who": w, "label": "ab"[(i + j * i) % 2]} for i in range(start, start + 40) for j, w in enumerate(PEOPLE)]  # fmt: skip


STEPS: list[Step] = [
    *(Deliver("shop", _shop(start)) for start in (0, 30, 20)),
    *(Deliver("votes", _votes(start)) for start in (0, 25, 50)),
    Section("clean", {"rules": [{"duplicate": TEXT}]}),
    Section("merge", {"method": "majority", "min_votes": 2}),
    Section("split", {"method": "sticky", "group": ["g"]}),
    Section("audit", {"groups": ["g"], "label": "label"}),
]


@pytest.mark.parametrize(("step", "worth"), [(2_000, 1), (2_000, 10**9), (20_000, 1)])
def test_few_keys_at_a_time_are_decided_like_all_at_once(
    step: int, worth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan()
    for one in STEPS:
        plan = plan.after(one)
    shops = [Workshop(tmp_path / name) for name in ("whole", "steps")]
    for shop in shops:
        shop.write(plan.params(), plan.files())
    whole = shops[0].build()
    monkeypatch.setattr(scatter, "STEP", step)
    monkeypatch.setattr(rounds, "WORTH_PARTS", worth)
    assert shops[1].build() == whole


@given(st.lists(VALUES, max_size=50), st.lists(VALUES, max_size=50))
@settings(deadline=None, max_examples=50, derandomize=True)
def test_every_key_that_came_before_is_likely(came: list[int], others: list[int]) -> None:
    seen = Seen(len(came))
    seen.add(_keys(came))
    likely = seen.likely(_keys([*others, *came])).tolist()
    assert likely[len(likely) - len(came) :] == came


def test_of_new_keys_few_are_likely() -> None:
    keys = np.random.default_rng(1).integers(0, 2**64, 20_000, dtype=np.uint64)
    seen = Seen(10_000)
    seen.add(keys[:10_000])
    assert len(seen.likely(keys[10_000:])) < 200


def _keys(values: list[int]) -> Keys:
    return np.array(values, dtype=np.uint64)


FRAMES = {
    "values": pl.DataFrame({"a": [1, None], "b": ["x", "a text of more than twelve bytes"], "c": [True, None], "d": [[1], []]}),
    "no row": pl.DataFrame(schema={"a": pl.UInt64, "b": pl.String}),
    "no column": pl.DataFrame(),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_a_mapped_frame_is_the_frame_that_was_put(name: str, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put_frame("key", FRAMES[name], compressed=False)
    assert FRAMES[name].equals(cache.mapped_frame("key"))  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [0, 10, 200])
def test_a_cut_off_frame_is_none(length: int, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put_frame("key", FRAMES["values"], compressed=False)
    path = next(tmp_path.rglob("*.arrow"))
    path.write_bytes(path.read_bytes()[:length])
    assert cache.mapped_frame("key") is None
