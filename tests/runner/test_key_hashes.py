"""Hashes of keys in the local cache come back as they were put there, whatever the number of rows."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dsv.record import digest
from dsv.runner.shards import key_hashes
from dsv.runner.shards.narrow import Cache


@pytest.mark.parametrize("rows", [1, 2, 7, 1000])
@pytest.mark.parametrize("repeats", [False, True])
def test_what_is_kept_is_known(tmp_path: Path, rows: int, repeats: bool) -> None:
    cache, key = Cache(tmp_path), key_hashes.key("shard", ("id",), repeats=repeats)
    words = digest.words(digest.hash128(pl.Series([str(i) for i in range(rows)])))
    n = np.arange(1, rows + 1, dtype=np.uint32) if repeats else None
    key_hashes.keep(cache, key, words, n)
    found = key_hashes.known(cache, key, rows, repeats=repeats)
    assert found is not None
    assert np.array_equal(np.stack([found.hi, found.lo], axis=1), words)
    assert found.n is None if n is None else np.array_equal(found.n, n)


def test_hashes_of_other_rows_are_not_known(tmp_path: Path) -> None:
    cache, key = Cache(tmp_path), key_hashes.key("shard", ("id",), repeats=False)
    assert key_hashes.known(cache, key, 2, repeats=False) is None
    key_hashes.keep(cache, key, np.zeros((2, 2), dtype=np.uint64), None)
    assert key_hashes.known(cache, key, 3, repeats=False) is None
    assert key_hashes.known(cache, key, 2, repeats=True) is None


def test_the_kind_of_key_is_part_of_its_name() -> None:
    names = {key_hashes.key("shard", columns, repeats=repeats) for columns in (("a", "b"), ("a",)) for repeats in (False, True)}
    assert len(names) == 4
