from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.stages import split
from tests.stages.harness import Shard, run, shard

HALF = {"train": 0.5, "test": 0.5}
METHODS = ["hash", "sticky", "fresh"]


def assigned(params: dict, shards: list[Shard]) -> dict[str, str]:
    found = run(split, params, shards)
    return dict(found.values.select("_id", "split").iter_rows())


def batch(number: int, start: int, size: int, groups: int = 7) -> Shard:
    names = [f"s/{i}" for i in range(start, start + size)]
    return shard(
        {
            "_id": names,
            "g": [f"g{i % groups}" for i in range(start, start + size)],
            "y": [i % 3 for i in range(start, start + size)],
        },
        batch=number,
    )


@pytest.mark.parametrize("method", METHODS)
def test_shards_may_be_cut_anywhere(method: str) -> None:
    whole = assigned({"method": method, "fractions": HALF}, [batch(0, 0, 60)])
    cut = assigned({"method": method, "fractions": HALF}, [batch(0, 0, 13), batch(0, 13, 47)])
    assert whole == cut


@pytest.mark.parametrize("method", ["hash", "sticky"])
def test_new_batches_move_nobody(method: str) -> None:
    params = {"method": method, "stratify": ["y"]}
    before = assigned(params, [batch(0, 0, 1797)])
    after = assigned(params, [batch(0, 0, 1797), batch(1, 1797, 180), batch(2, 1977, 1)])
    assert {i: after[i] for i in before} == before


def test_dropping_records_moves_nobody_in_a_sticky_split() -> None:
    before = assigned({"fractions": HALF}, [batch(0, 0, 200)])
    some = batch(0, 0, 200)._replace(alive=[i % 5 != 0 for i in range(200)])
    after = assigned({"fractions": HALF}, [some])
    assert after == {i: before[i] for i in after}


@pytest.mark.parametrize("method", METHODS)
def test_a_group_is_never_in_two_splits(method: str) -> None:
    shards = [batch(0, 0, 100), batch(1, 100, 50)]
    found = run(split, {"method": method, "fractions": HALF, "group": ["g"]}, shards).values
    assert found.group_by("g").agg(pl.col("split").n_unique())["split"].to_list() == [1] * 7


@pytest.mark.parametrize("method", METHODS)
def test_a_group_column_that_a_shard_lacks_is_null_there(method: str) -> None:
    named, params = {"_id": [f"s/{i}" for i in range(40)]}, {"method": method, "fractions": HALF, "group": ["g"]}
    null = {**named, "g": pl.Series([None] * 40, dtype=pl.String)}
    assert assigned(params, [shard(named)]) == assigned(params, [shard(null)])


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=40))
@settings(deadline=None, max_examples=60)
def test_records_connected_by_any_group_stay_together(pairs: list[tuple[int, int]]) -> None:
    frame = {
        "_id": [f"s/{i}" for i in range(len(pairs))],
        "a": [f"a{a}" for a, _ in pairs],
        "b": [f"b{b}" for _, b in pairs],
    }
    found = run(split, {"fractions": HALF, "group": ["a", "b"]}, [shard(frame)]).values
    for column in ("a", "b"):
        assert set(found.group_by(column).agg(pl.col("split").n_unique())["split"]) == {1}


@pytest.mark.parametrize("method", ["sticky", "fresh"])
def test_quotas_are_kept_within_a_record_for_each_stratum(method: str) -> None:
    found = run(
        split,
        {"method": method, "fractions": {"train": 0.8, "val": 0.1, "test": 0.1}, "stratify": ["y"]},
        [batch(0, 0, 300)],
    ).values
    for y in range(3):
        counts = Counter(found.filter(y=y)["split"].to_list())
        assert abs(counts["train"] - 80) <= 1
        assert abs(counts["val"] - 10) <= 1


def test_sticky_quotas_are_repaired_by_later_batches() -> None:
    counts = Counter(
        assigned({"fractions": {"train": 0.9, "test": 0.1}}, [batch(n, 10 * n, 10) for n in range(30)]).values()
    )
    assert abs(counts["test"] - 30) <= 2


def test_another_salt_is_another_draw() -> None:
    one, two = (
        assigned({"method": "hash", "fractions": HALF, "salt": salt}, [batch(0, 0, 200)]) for salt in ("v1", "v2")
    )
    assert 50 < sum(one[i] != two[i] for i in one) < 150


def test_fractions_that_are_no_whole_are_refused() -> None:
    with pytest.raises(Exception, match=r"0\.9"):
        run(split, {"fractions": {"train": 0.8, "test": 0.1}}, [batch(0, 0, 3)])
