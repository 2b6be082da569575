from __future__ import annotations

import datetime as dt
import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML, YAMLError

from dsv.errors import DsvError
from dsv.record import yaml12

TOKENS = """
yes no on off y n Yes NO true True TRUE tRUE false null Null ~ 1 0 -1 +1 010 0o10 08 1_000 0x1F 0b11 1.0 1. .5 1e3 1e-3
1E5 1.5e+3 12:30:45 1:2 190:20:30 2024-01-01 1e 0x 1__0 _1 .inf -.inf +.inf .Inf .nan << 0o8 1.2.3 123e45 00 007 -0 +.5
1e+5 .5e3 .5e+3 0b2 1,2 6e1 1_0.5 2024-1-1 1.e5 -010 +0o7 0o_ 2024-99-99 . - -- + '' "1" 2024-01-01T10:00:00
"""
SCALARS = TOKENS.split()


def ours(text: str) -> object:
    try:
        return yaml12.load(text)
    except DsvError:
        return DsvError


def ruamel(text: str) -> object:
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError):
        return DsvError


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_scalar_is_what_dvc_reads(scalar: str) -> None:
    assert repr(ours(f"k: {scalar}\n")) == repr(ruamel(f"k: {scalar}\n"))


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789eE+-._xob:abcdfn", min_size=1, max_size=8).filter(lambda s: not s.endswith(":")))
def test_any_scalar_is_what_dvc_reads(scalar: str) -> None:
    assert repr(ours(f"k: {scalar}\n")) == repr(ruamel(f"k: {scalar}\n"))


@pytest.mark.parametrize(("text", "value"), [("no", "no"), ("1e-3", 0.001), ("010", 10), ("0o10", 8), ("1:30", "1:30")])
def test_it_is_yaml_12_where_11_differs(text: str, value: object) -> None:
    assert yaml12.load(text) == value


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.sampled_from(SCALARS)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abyn01.e-:", max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_is_dumped_reads_back_equal_here_in_yaml_11_and_in_dvc(value: object) -> None:
    text = yaml12.dump(value)
    for back in (yaml12.load(text), yaml.safe_load(text), YAML(typ="safe", pure=True).load(text)):
        assert repr(back) == repr(value)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_reads_back(text: str) -> None:
    assert yaml12.load(yaml12.dump({text: [text]})) == {text: [text]}


def test_the_order_of_keys_is_kept() -> None:
    assert yaml12.dump({"b": 1, "a": [1, {"z": 0, "y": 0}]}) == "b: 1\na:\n- 1\n- z: 0\n  y: 0\n"


def test_a_value_used_twice_is_written_twice() -> None:
    shared = [1]
    assert "&" not in yaml12.dump({"a": shared, "b": shared})


def test_long_lines_are_not_folded() -> None:
    assert yaml12.dump({"a": "x y " * 100}).count("\n") == 1


def test_merge_keys_are_followed() -> None:
    assert yaml12.load("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n")["b"] == {"x": 1, "y": 3}


def test_a_key_that_occurs_twice_is_refused_with_its_place() -> None:
    with pytest.raises(DsvError, match=r"line 3, column 1: the key 'a' is here twice"):
        yaml12.load("a: 1\nb: 2\na: 3\n")


def test_bytes_with_a_byte_order_mark_are_read() -> None:
    assert yaml12.load(b"\xef\xbb\xbfa: \xc3\xa9\n") == {"a": "é"}


BROKEN = ["a: [", "a: b: c", "\t- x", b"\xff\xfe", "--- 1\n--- 2\n", "? [a]\n: 1", "[" * 5000, "a: \x00", "{a"]


@pytest.mark.parametrize("text", [*BROKEN, "a: !!python/object/apply:os.getcwd []"])
def test_what_is_not_valid_is_an_error_for_people(text: str | bytes) -> None:
    with pytest.raises(DsvError, match="not valid YAML"):
        yaml12.load(text)


def test_what_cannot_be_written_is_an_error_for_people() -> None:
    with pytest.raises(DsvError, match="cannot be written"):
        yaml12.dump({"a": object()})


def test_an_empty_document_is_none() -> None:
    assert yaml12.load("") is None


def test_infinities_and_dates_keep_their_types() -> None:
    assert yaml12.load("[.inf, -.inf, 2024-01-31]") == [math.inf, -math.inf, dt.date(2024, 1, 31)]


def test_a_time_with_a_zone_is_the_same_moment_dvc_reads() -> None:
    text = "[2024-01-01T00:00:00Z, 2001-12-14t21:59:43.10-05:00]"
    assert yaml12.load(text) == ruamel(text)
