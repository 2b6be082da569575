from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsv.stages.expression import ExpressionError, compile_condition, names, parse

FRAME = pl.DataFrame(
    {
        "n": [1, 2, None],
        "x": [0.5, float("nan"), -2.0],
        "t": ["Spam", "it's", None],
        "b": [True, False, None],
        "d": [dt.date(2026, 1, 1), dt.date(2026, 2, 1), None],
        "z": [dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC), None],
        "l": [["a"], [], None],
        "my col": [1, 2, 3],
        "none": [None, None, None],
    }
)
T, F, N = True, False, None

LARGE = pl.DataFrame({"n": [2**53, 2**53 + 1, 2**63 - 1, -(2**63)], "x": [2.0**53, 0.5, 1e300, -1e300], "u": pl.Series([0, 2, 2**64 - 1, 5], dtype=pl.UInt64)})
EXACT: list[tuple[str, list[bool | None]]] = [
    ("n = 9007199254740993.0", [False, True, False, False]),
    ("n in (9007199254740992.0, 0.5)", [True, False, False, False]),
    ("n < 9007199254740994.0", [True, True, False, True]),
    ("n > 1e400", [False, False, False, False]),
    ("n <= x", [True, False, True, False]),
    ("x != n", [False, True, True, True]),
    ("n * 2 > 0", [True, True, None, None]),
    ("-n < 0", [True, True, True, None]),
    ("abs(n) > 9007199254740992", [False, True, True, None]),
    ("u > 9223372036854775807", [False, False, True, False]),
    ("u > n", [False, False, True, True]),
]

VALUES: list[tuple[str, list[bool | None]]] = [
    ("n > 1", [F, T, N]),
    ("n = 1", [T, F, N]),
    ("n == 1.0", [T, F, N]),
    ("n <> 1", [F, T, N]),
    ("n is null", [F, F, T]),
    ("n is not null", [T, T, F]),
    ("not n > 1", [T, F, N]),
    ("not not n > 1", [F, T, N]),
    ("n > 1 or b", [T, T, N]),
    ("n is null and x < 0", [F, F, T]),
    ("n = 1 or n = 2 and t = 'x'", [T, F, N]),
    ("(n = 1 or n = 2) and t = 'x'", [F, F, N]),
    ("n in (1, 3)", [T, F, N]),
    ("n not in (1, 3)", [F, T, N]),
    ("n between 2 and 3", [F, T, N]),
    ("n not between 2 and 3", [T, F, N]),
    ("t in ('Spam', \"it's\")", [T, T, N]),
    ("t = 'it''s'", [F, T, N]),
    ("b", [T, F, N]),
    ("not b", [F, T, N]),
    ("b = true", [T, F, N]),
    ("x > 0", [T, N, F]),
    ("x is null", [F, T, F]),
    ("n + 1 = 3", [F, T, N]),
    ("n * 2 - 1 >= 3", [F, T, N]),
    ("n / 2 = 0.5", [T, F, N]),
    ("n / 0 > 1", [N, N, N]),
    ("n % 2 = 0", [F, T, N]),
    ("n % 0 = 0", [N, N, N]),
    ("-n < -1", [F, T, N]),
    ("2 - -n = 3", [T, F, N]),
    ("abs(x) = 2", [F, N, T]),
    ("len(t) = 4", [T, T, N]),
    ("len(l) > 0", [T, F, N]),
    ("words(t) = 1", [T, T, N]),
    ("lower(t) = 'spam'", [T, F, N]),
    ("upper(strip(t)) = 'SPAM'", [T, F, N]),
    ("contains(t, 'pa')", [T, F, N]),
    ("contains(t, '.')", [F, F, N]),
    ("starts(t, 'S')", [T, F, N]),
    ("ends(t, 's')", [F, T, N]),
    ("matches(t, '^.p')", [T, F, N]),
    ("d >= '2026-02-01'", [F, T, N]),
    ("'2026-02-01' > d", [T, F, N]),
    ("d in ('2026-01-01')", [T, F, N]),
    ("d < z", [F, T, N]),
    ("z < '2026-02-01T13:00+02:00'", [T, F, N]),
    ("`my col` = 3", [F, F, T]),
    ("none > 3", [N, N, N]),
    ("none = 'x' or n = 1", [T, N, N]),
    ("lower(none) = 'x'", [N, N, N]),
    ("none + 1 > 3", [N, N, N]),
    ("n IS NULL AND NOT b OR true", [T, T, T]),
]


@pytest.mark.parametrize(("text", "expected"), VALUES, ids=[v[0] for v in VALUES])
def test_a_condition_has_the_value_that_sql_gives_it(text: str, expected: list[bool | None]) -> None:
    condition = compile_condition(parse(text), FRAME.schema)
    assert FRAME.with_columns(r=condition)["r"].to_list() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "something is missing, at the end"),
        ("n >", "something is missing, at the end"),
        ("n > 1 and", "something is missing, at the end"),
        ("n > 1)", "')' is not expected, at character 6: n > 1▸)"),
        ("(n > 1", "')' is expected, at the end"),
        ("1 < n < 3", "comparisons do not chain; write a < b and b < c, at character 7: 1 < n ▸< 3"),
        ("t = 'x", "the ' is never closed, at character 5: t = ▸'x"),
        ("n > 1 && b", "'&' means nothing here; write and, at character 7: n > 1 ▸&& b"),
        ("n not 1", "in or between is expected after not, at character 7: n not ▸1"),
        ("now() > d", "there is no function now(); there are len, words, lower, upper, strip, contains, starts, ends, matches, abs, at character 1: ▸now() > d"),
        ("contains(t)", "contains() takes 2 arguments, found 1, at character 1: ▸contains(t)"),
        ("n = 99999999999999999999", "the number is too large, at character 5: n = ▸99999999999999999999"),
        ("(select 1)", "')' is expected, at character 9: (select ▸1)"),
        ("n; drop", "';' means nothing here, at character 2: n▸; drop"),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.shown(text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n = '1'", "a number and a text cannot be compared"),
        ("n", "a condition is wanted, this is a number"),
        ("n and b", "a condition is wanted, this is a number"),
        ("t + 1 = 2", "a number is wanted, this is a text"),
        ("n = null", "a comparison with null is never true; write is null"),
        ("len(n) > 1", "len() wants a text or a list, this is a number"),
        ("contains(t, t)", "contains() wants a text in quotes here"),
        ("d = 'soon'", "'soon' is no date such as '2026-01-31'"),
        ("l = l", "a list and a list cannot be compared"),
        ("price > 0", "there is no column 'price'"),
    ],
)
def test_an_expression_that_does_not_fit_the_columns_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_condition(parse(text), FRAME.schema)
    assert caught.value.message == message


def test_the_names_are_the_columns_read_in_order() -> None:
    assert names(parse("b and lower(a) = 'x' or `my col` in (b, c)")) == ("b", "a", "my col", "c")


def test_brackets_do_not_exhaust_the_stack() -> None:
    with pytest.raises(ExpressionError, match="too many brackets"):
        parse("(" * 100_000)


def test_a_long_chain_of_signs_does_not_exhaust_the_stack() -> None:
    text = "not " * 10_000 + "n > " + "-" * 10_000 + "1"
    assert FRAME.with_columns(r=compile_condition(parse(text), FRAME.schema))["r"].to_list() == [F, T, N]


@given(st.text(alphabet="nt 01.'\"`()<>=!+-*/%,andorotisnullwe", max_size=30))
@settings(deadline=None, derandomize=True)
def test_any_text_is_an_expression_or_an_error_for_people(text: str) -> None:
    try:
        node = parse(text)
        compile_condition(node, FRAME.schema)
    except ExpressionError as error:
        shown = error.shown(text)
    else:
        shown = "an expression"
    assert shown


LEAVES = st.sampled_from(["n", "x", "1", "2.5", "-3", "`my col`"])
NUMBERS = st.recursive(
    LEAVES, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner), max_leaves=5
)
TESTS = st.builds("{} {} {}".format, NUMBERS, st.sampled_from(["=", "!=", "<", ">="]), NUMBERS)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not ({})".format, inner)
    ),
    max_leaves=5,
)


@given(CONDITIONS, st.integers(-3, 3) | st.none(), st.sampled_from([0.5, -2.0, None]), st.integers(-3, 3))
@settings(deadline=None, derandomize=True)
def test_a_condition_agrees_with_python(text: str, n: Any, x: Any, m: int) -> None:
    frame = pl.DataFrame(
        {"n": [n], "x": [x], "my col": [m]}, schema={"n": pl.Int64, "x": pl.Float64, "my col": pl.Int64}
    )
    found = frame.with_columns(r=compile_condition(parse(text), frame.schema))["r"].item()
    assert found is _kleene(parse(text), {"n": n, "x": x, "my col": m})


def _kleene(node: Any, row: dict[str, Any]) -> Any:
    """The value of an expression by hand, with three-valued logic."""
    if hasattr(node, "value"):
        return node.value
    if not hasattr(node, "arguments"):
        return row[node.name]
    values = [_kleene(argument, row) for argument in node.arguments]
    if node.name == "not":
        return None if values[0] is None else not values[0]
    if node.name in ("and", "or"):
        decisive = node.name == "or"
        return decisive if decisive in values else None if None in values else not decisive
    if None in values:
        return None
    if node.name == "negative":
        return -values[0]
    a, b = values
    return {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "=": lambda: a == b,
        "!=": lambda: a != b,
        "<": lambda: a < b,
        ">=": lambda: a >= b,
    }[node.name]()


@pytest.mark.parametrize(("text", "wanted"), EXACT)
def test_whole_numbers_beyond_floats_are_what_they_are(text: str, wanted: list[bool | None]) -> None:
    assert LARGE.select(compile_condition(parse(text), LARGE.schema)).to_series().to_list() == wanted
