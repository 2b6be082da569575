"""The fast reader of JSON lines means what the strict one does, which defines the meaning."""

from __future__ import annotations

from unittest.mock import patch

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dsv.formats import jsonl
from dsv.formats.base import FILE, Chunk, ReadSpec
from dsv.table import types as table_types
from dsv.table import typing

TYPES = {"p": "float", "n": "int", "b": "bool", "s": "string", "d": "date"}
NUMBERS = ["0", "1", "-1", "0.5", "-0", "-0.0", "1E5", "1e5", "01", "+1", "1.", ".5", "1e400", "-1e400", "1e-400", "NaN", "Infinity", "-Infinity"]
LARGE = ["9007199254740993", "9223372036854775807", "9223372036854775808", "0.1000000000000000055511151231257827"]
TEXTS = ['""', '"a"', '"\\u00e9"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\/"', '"\\x"', '"a\tb"', '"}"', '"{"', '"2026-01-31"', '"1"', '"é"', '"\udcff"']
VALUES = [*NUMBERS, *LARGE, *TEXTS, "true", "false", "null", "[]", "{}"]
FIT = {"p": [*NUMBERS, *LARGE, "null"], "n": ["0", "-0", "7", "null", *LARGE[:2]], "b": ["true", "false", "null"], "s": TEXTS, "d": TEXTS}


def _pairs(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([f'"{name}":{value}' for value in FIT[name] * 6 + VALUES])


pairs = st.one_of([_pairs(name) for name in TYPES])
objects = st.lists(pairs, max_size=3).map(lambda found: "{" + ", ".join(found) + "}")
alike = st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.lists(st.tuples(*map(_pairs, names)).map(lambda found: "{" + ",".join(found) + "}"), min_size=1, max_size=4)
)  # fmt: skip
ends = st.sampled_from(["\n"] * 8 + ["\r\n", "\n\n", "", " ", ",", "\n \n", "\n "])
texts = st.tuples(alike | st.lists(objects | st.sampled_from(["[]", "1", "", "\ufeff{}"]), min_size=1, max_size=4), st.lists(ends, min_size=4, max_size=4))


def _read(chunk: Chunk) -> tuple[pl.DataFrame, object]:
    """The rows as ingest has them."""
    frame = pl.from_arrow(table_types.cast(chunk.table.drop_columns([FILE]), null=pa.null()))
    assert isinstance(frame, pl.DataFrame)
    typed, misfits = typing.typed(frame, {name: typing.Column(kind) for name, kind in TYPES.items()})
    return typed.with_columns(pl.col(pl.Float64).reinterpret(dtype=pl.UInt64)), (misfits, chunk.bad)


def _agree(data: bytes) -> bool:
    fast = jsonl._fast(data, "f", ReadSpec(types=TYPES))
    if fast is None:
        return False
    one, other = _read(fast), _read(jsonl._strict(data, "f", ReadSpec(types=TYPES), 0))
    assert (one[0].to_dict(as_series=False), one[1]) == (other[0].to_dict(as_series=False), other[1])
    return True


@given(texts)
@example((['{"p":-0}'], ["\n"]))
@example((['{"p":1}{"p":2}'], ["\n\n"]))
@example((['{"p":', '1}{"p":2}'], ["\n", "\n"]))
@example((['{"s":"\udcff"}'], ["\n"]))
@settings(deadline=None, max_examples=1_500, derandomize=True)
def test_the_fast_reader_of_json_lines_reads_what_the_strict_one_does(found: tuple[list[str], list[str]]) -> None:
    lines, after = found
    _agree("".join(line + end for line, end in zip(lines, after, strict=False)).encode(errors="surrogateescape"))


@pytest.mark.parametrize("more", ["", '{"id":"c","p":1,"q":1}\n'])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400"])
def test_what_is_no_json_is_refused_whatever_stands_beside(number: str, more: str) -> None:
    data = f'{{"id":"a","p":1.5}}\n{{"id":"b","p":{number}}}\n{more}'.encode()
    spec = ReadSpec(types={"p": "float"})
    found = jsonl._fast(data, "f", spec) or jsonl._strict(data, "f", spec, 0)
    assert [bad.row for bad in found.bad] == [2]


def test_plain_json_lines_take_the_fast_reader() -> None:
    assert _agree(b'{"p":1.5,"s":"x"}\n{"p":2,"s":null}\r\n{"s":"{"}')


def test_objects_without_a_key_are_rows() -> None:
    found = jsonl._strict(b"{}\n{}\n", "f", ReadSpec(), 0)
    assert (found.table.num_rows, found.bad) == (2, [])


@given(st.lists(st.sampled_from([b"\n", b"{", b"}"]), min_size=1, max_size=14).map(b"".join), st.integers(1, 5))
@settings(deadline=None, max_examples=500, derandomize=True)
def test_lines_are_counted_alike_in_windows_of_any_size(data: bytes, size: int) -> None:
    with patch.object(jsonl, "WINDOW", size):
        found = jsonl._lines(data)
    lines = data.removesuffix(b"\n").split(b"\n")
    assert found == (len(lines), sum(line.startswith(b"{") for line in lines))
