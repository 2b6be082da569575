from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.record import canonical, digest
from tests import reference

VECTORS = Path(__file__).parents[1] / "vectors" / "record_hash_v1.json"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["", "\x1b", "\x1e", "a\x1fb", "\x1be"]
)
SCALARS = {
    pl.String: texts,
    pl.Int64: st.integers(-(2**63), 2**63 - 1),
    pl.UInt64: st.integers(0, 2**64 - 1),
    pl.Int8: st.integers(-128, 127),
    pl.Float64: st.floats() | st.sampled_from([0.0, -0.0, float("nan")]),
    pl.Boolean: st.booleans(),
    pl.Date: st.dates(dt.date(1, 1, 2), dt.date(9999, 12, 30)),
    pl.Datetime("us"): st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)),
    pl.Datetime("us", "UTC"): st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC)),
    pl.Time: st.times(),
    pl.Duration("us"): st.timedeltas(dt.timedelta(-9999), dt.timedelta(9999)),
    pl.Binary: st.binary(max_size=8),
}


def typed(depth: int = 2) -> st.SearchStrategy:
    scalar = st.sampled_from(list(SCALARS.items()))
    if depth == 0:
        return scalar

    def struct(fields: dict) -> tuple:
        dtype = pl.Struct({name: inner for name, (inner, _) in fields.items()})
        return dtype, st.fixed_dictionaries({name: st.none() | values for name, (_, values) in fields.items()})

    inner = typed(depth - 1)
    return (
        scalar
        | inner.map(lambda tv: (pl.List(tv[0]), st.lists(st.none() | tv[1], max_size=3)))
        | st.dictionaries(texts, inner, min_size=1, max_size=3).map(struct)
    )


@st.composite
def frames(draw: st.DrawFn) -> tuple[pl.DataFrame, list[dict]]:
    fields = draw(st.dictionaries(texts, typed(), min_size=1, max_size=4))
    rows = draw(
        st.lists(st.fixed_dictionaries({k: st.none() | v for k, (_, v) in fields.items()}), min_size=1, max_size=5)
    )
    schema = {k: dtype for k, (dtype, _) in fields.items()}
    return pl.DataFrame({k: pl.Series(k, [r[k] for r in rows], dtype=t, strict=False) for k, t in schema.items()}), rows


@given(frames())
@settings(max_examples=300, deadline=None)
def test_vectorised_rows_equal_the_reference(case: tuple[pl.DataFrame, list[dict]]) -> None:
    frame, rows = case
    assert canonical.rows(frame).to_list() == [reference.row(r) for r in rows]


@given(frames())
@settings(max_examples=50, deadline=None)
def test_hashes_are_xxh3_of_the_canonical_row(case: tuple[pl.DataFrame, list[dict]]) -> None:
    frame, rows = case
    assert digest.record_hashes(frame).to_list() == [xxhash.xxh3_128_digest(reference.row(r).encode()) for r in rows]


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=40), st.randoms())
@settings(deadline=None)
def test_sums_do_not_depend_on_order_or_grouping(hashes: list[bytes], random: object) -> None:
    shuffled = list(hashes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    half = len(hashes) // 2
    series = [pl.Series(h, dtype=pl.Binary) for h in (hashes, shuffled[:half], shuffled[half:])]
    whole, one, other = (digest.total(digest.words(s)) for s in series)
    assert whole == one + other
    assert whole.total == sum(int.from_bytes(h) for h in hashes) % 2**128


def test_halves_are_the_big_endian_words() -> None:
    raw = bytes(range(16))
    assert digest.halves(pl.Series([raw])).row(0) == (int.from_bytes(raw[:8]), int.from_bytes(raw[8:]))


@pytest.mark.parametrize("other", [np.float32(1.5), 1.5])
def test_width_of_a_float_does_not_count(other: float) -> None:
    narrow = pl.DataFrame({"a": pl.Series([1.5], dtype=pl.Float32)})
    assert canonical.rows(narrow).to_list() == [reference.row({"a": float(other)})]


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text()), ids=lambda v: v["name"])
def test_vectors_hold(vector: dict) -> None:
    """The published vectors: a change here is a change of format."""
    canonical_row = bytes.fromhex(vector["canonical_hex"]).decode()
    assert canonical.rows(_frame(vector)).to_list() == [canonical_row]
    assert digest.record_hashes(_frame(vector)).to_list() == [bytes.fromhex(vector["hash"])]


def _frame(vector: dict) -> pl.DataFrame:
    types = {
        "string": pl.String, "int64": pl.Int64, "float64": pl.Float64, "bool": pl.Boolean, "date": pl.Date,
        "datetime": pl.Datetime("us"), "list<int64>": pl.List(pl.Int64),
        "list<struct<label:string,xmin:float64>>": pl.List(pl.Struct({"label": pl.String, "xmin": pl.Float64})),
    }  # fmt: skip
    columns = {}
    for name, (kind, value) in vector["row"].items():
        if kind in ("date", "datetime"):
            series = pl.Series(name, [value], dtype=pl.Int64).cast(types[kind])
        else:
            series = pl.Series(name, [value if value != "NaN" else float("nan")], dtype=types[kind])
        columns[name] = series
    return pl.DataFrame(columns)
