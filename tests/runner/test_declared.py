# A declared type takes a value as it is, or the row goes to quarantine.
from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsv.engines.local import Local
from dsv.project.params import Column, Source
from dsv.runner.ingest import deliver

NOON = dt.datetime(2026, 1, 31, 12)
EPOCH, DAYS = Column("datetime", ("epoch",)), Column("datetime", ("%d/%m/%Y",))
REFUSED = "refused"
OBJECT = '{"x": %s}'


def parsed(folder: Path, column: Column | None) -> list[Any]:
    """The values that were taken, and for the rest the reasons."""
    source = Source("shop", columns={} if column is None else {"x": column})
    found = deliver.parse(Local(1), folder, sorted(path.name for path in folder.iterdir()), source)
    taken = found.frame["x"].to_list() if "x" in found.frame.columns else []
    return [*taken, *(REFUSED for _ in range(found.bad.height))]


def of_json(folder: Path, column: Column | None, *values: str) -> list[Any]:
    (folder / "a.jsonl").write_text("".join(f"{OBJECT % value}\n" for value in values))
    return parsed(folder, column)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (EPOCH, "1700000000", dt.datetime(2023, 11, 14, 22, 13, 20)),
        (EPOCH, "1.5", dt.datetime(1970, 1, 1, 0, 0, 1, 500_000)),
        (EPOCH, "9000000000000000000", REFUSED),
        (EPOCH, '"1700000000"', dt.datetime(2023, 11, 14, 22, 13, 20)),
        (Column("date", ("epoch",)), "86400", dt.date(1970, 1, 2)),
        (Column("date", ("epoch",)), "86401", REFUSED),
        (Column("datetime"), "1700000000", REFUSED),
        (Column("date"), "true", REFUSED),
        (DAYS, '"01/02/24"', REFUSED),
        (DAYS, '"01/02/2024"', dt.datetime(2024, 2, 1)),
        (Column("bool"), "1", True),
        (Column("bool"), "2", REFUSED),
        (Column("bool"), "0.5", REFUSED),
        (Column("int"), "true", REFUSED),
        (Column("int"), "[1]", REFUSED),
        (Column("float"), '{"a": 1}', REFUSED),
        (Column("int"), "2.0", 2),
        (Column("int"), "2.5", REFUSED),
    ],
)
def test_a_json_value_is_taken_for_what_it_is(column: Column, value: str, expected: Any, tmp_path: Path) -> None:
    assert of_json(tmp_path, column, value) == [expected]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (Column("int"), Decimal("1.5"), REFUSED),
        (Column("int"), Decimal("3.0"), 3),
        (Column("float"), Decimal("1.5"), 1.5),
        (Column("int"), NOON, REFUSED),
        (Column("bool"), NOON, REFUSED),
        (Column("datetime"), NOON, NOON),
        (Column("date"), NOON, REFUSED),
        (Column("datetime"), NOON.date(), dt.datetime(2026, 1, 31)),
        (Column("datetime"), NOON.time(), REFUSED),
    ],
)
def test_a_parquet_value_is_taken_for_what_it_is(column: Column, value: Any, expected: Any, tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [value]}), tmp_path / "a.parquet")
    assert parsed(tmp_path, column) == [expected]


@pytest.mark.parametrize(("text", "expected"), [("1e400", REFUSED), ("-1e400", REFUSED), ("inf", float("inf")), ("1e308", 1e308)])
def test_a_number_in_csv_that_no_float_holds_is_refused(text: str, expected: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"x,y\n{text},1\n")
    assert parsed(tmp_path, Column("float")) == [expected]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (None, ("1", "9223372036854775808"), ["1", "9223372036854775808"]),
        (None, ("18446744073709551616", "-1"), ["18446744073709551616", "-1"]),
        (None, ("9007199254740993", "0.5"), ["9007199254740993", "0.5"]),
        (None, ("9007199254740992", "0.5"), [2.0**53, 0.5]),
        (Column("int"), ("9223372036854775807", "9223372036854775808"), [2**63 - 1, REFUSED]),
        (Column("string"), ("1", "0.5", "9007199254740993"), ["1", "0.5", "9007199254740993"]),
        (None, ("1", "1e400"), [1, REFUSED]),
        (None, ('"a"', "-1e400"), ["a", REFUSED]),
        (None, ("[1]", "[1e400]"), [[1], REFUSED]),
        (Column("float"), ("0.5", "1e400"), [0.5, REFUSED]),
        (Column("int"), ("1", "1e400"), [1, REFUSED]),
    ],
)
@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_a_json_number_stays_the_number_that_it_is(
    form: str, column: Column | None, values: tuple[str, ...], expected: list[Any], tmp_path: Path
) -> None:
    if form == "json":
        (tmp_path / "a.json").write_text(f"[{', '.join(OBJECT % value for value in values)}]")
        assert parsed(tmp_path, column) == expected
    else:
        assert of_json(tmp_path, column, *values) == expected


def test_each_json_number_that_no_float_holds_is_named_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"x": 1e400}, {"x": 1}, {"x": [1, {"y": -2e999}]}]')
    bad = deliver.parse(Local(1), tmp_path, ["a.json"], Source("shop")).bad
    assert bad.select("row", "reason").rows() == [(1, "no float64 holds the number 1e400"), (3, "no float64 holds the number -2e999")]


UNSIGNED, SIGNED = pa.array([2**63 + 1, 1], pa.uint64()), pa.array([5], pa.int64())


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (UNSIGNED, [2**63 + 1, 1, 2**63 + 1, 1]),
        (SIGNED, [2**63 + 1, 1, 5]),
        (pa.array([-5], pa.int64()), [str(2**63 + 1), "1", "-5"]),
        (pa.array([0.5]), [str(2**63 + 1), "1", "0.5"]),
    ],
)
def test_unsigned_numbers_of_parquet_stay_what_they_are(other: pa.Array, expected: list[Any], tmp_path: Path) -> None:
    for name, values in (("a", UNSIGNED), ("b", other)):
        pq.write_table(pa.table({"x": values}), tmp_path / f"{name}.parquet")
    assert parsed(tmp_path, None) == expected


def test_unsigned_numbers_that_fit_are_as_signed_ones(tmp_path: Path) -> None:
    for name, values in (("a", pa.array([1], pa.uint64())), ("b", pa.array([-1], pa.int64()))):
        pq.write_table(pa.table({"x": values}), tmp_path / f"{name}.parquet")
    assert parsed(tmp_path, None) == [1, -1]


def test_an_unsigned_number_that_no_int_holds_is_refused_where_an_int_is_declared(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": UNSIGNED}), tmp_path / "a.parquet")
    assert parsed(tmp_path, Column("int")) == [1, REFUSED]
