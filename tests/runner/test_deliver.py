"""How the rows of a delivery are cut into files does not count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dsv.engines.local import Local
from dsv.project.params import Column, Source
from dsv.runner.ingest import deliver

BOX = {"label": "cell", "xmin": 0.5}
# A value and one that has no say in its type, or another one.
VALUES = [
    ([BOX], []),
    ([BOX], None),
    ([[1]], [[]]),
    ({"at": [1], "n": 2}, {"at": None, "n": 3}),
    ({"at": [1]}, {"at": []}),
    (1, None),
    (0.5, None),
    (True, None),
    ("a", None),
    (None, None),
    ([], []),
    ([], None),
    (1, 0.5),
    (2**53 + 1, 0.5),
    (1, 2**63),
    (-1, 2**63),
    ([1], [2**64]),
    ([2**53 + 1], [0.5]),
    (True, 1),
    (1e20, "a"),
]


def rows(folder: Path, files: list[list[Any]]) -> pl.DataFrame:
    """What is read of files with these values of a column."""
    folder.mkdir()
    for number, values in enumerate(files):
        (folder / f"{number}.jsonl").write_text("".join(json.dumps({"x": value}) + "\n" for value in values))
    names = sorted(path.name for path in folder.iterdir())
    return deliver.parse(Local(1), folder, names, Source("shop")).frame.drop(deliver.FILE, deliver.ROW)


@pytest.mark.parametrize(("one", "other"), [*VALUES, *((b, a) for a, b in VALUES)])
def test_rows_in_two_files_are_those_in_one(one: Any, other: Any, tmp_path: Path) -> None:
    assert_frame_equal(rows(tmp_path / "two", [[one], [other]]), rows(tmp_path / "one", [[one, other]]))


def test_a_column_without_any_value_has_its_declared_type(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,n\n1,\n")
    (tmp_path / "b.csv").write_text("id\n2\n")
    source = Source("shop", columns={"n": Column("int")})
    assert deliver.parse(Local(1), tmp_path, ["a.csv", "b.csv"], source).frame.schema["n"] == pl.Int64
