"""What a run predicted, as a table of ids and predictions."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from dsv import errors
from dsv.project.version import Version
from dsv.trackers.base import Predictions

ID, PREDICTION = "id", "prediction"
IDS = (ID, "_id")


def load(found: Predictions, version: Version) -> pl.DataFrame:
    """The predictions of a run, from where its tracker has them, else from the cache."""
    data = found.read()
    if data is None and found.md5 is not None and version.store.has(found.md5):
        data = version.store.read(found.md5)
    if data is None:
        known = f" (md5 {found.md5})" if found.md5 else ""
        raise errors.DataMissing(f"{found.path}{known} is not there as it was recorded.", hint=f"dvc pull {found.path}")
    return parse(data, found.path)


def parse(data: bytes, name: str) -> pl.DataFrame:
    """The columns `id` and `prediction` (text) of a CSV, JSONL or Parquet file. An id that occurs twice is refused."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in READERS:
        raise errors.UsageError(f"{name}: predictions are read from {', '.join(READERS)}.")
    try:
        frame = READERS[suffix](data)
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise errors.DsvError(f"{name} cannot be read: {error}") from error
    ids = next((column for column in IDS if column in frame.columns), None)
    if ids is None or PREDICTION not in frame.columns:
        raise errors.DsvError(
            f"{name} has the columns {', '.join(frame.columns)}; predictions need `{ID}` and `{PREDICTION}`.",
            hint="`id` is the `_id` that dsv.load and dsv export give",
        )
    if frame.schema[PREDICTION].is_nested():
        raise errors.DsvError(f"{name}: a prediction is one value (a class or a number), not a list.")
    told = frame.select(pl.col(ids).cast(pl.String).alias(ID), _text(frame[PREDICTION]))
    twice = told.filter(told[ID].is_duplicated())
    if twice.height:
        raise errors.DsvError(f"{name} predicts {twice[ID][0]} more than once.")
    return told


def _text(values: pl.Series) -> pl.Series:
    return values.cast(pl.String).alias(PREDICTION)


def _csv(data: bytes) -> pl.DataFrame:
    return pl.read_csv(data, infer_schema=False)


def _jsonl(data: bytes) -> pl.DataFrame:
    rows = list(_objects(data.decode()))
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame(
        {name: [_plain(row.get(name)) for row in rows] for name in names}, schema=dict.fromkeys(names, pl.String)
    )


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is no object")
            yield row


def _plain(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parquet(data: bytes) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(data))


READERS = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}
