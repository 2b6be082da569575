"""How right two runs were, by slice of the data, beside what happened to the data of the slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from dsv.delta.model import OPS, REMOVED

ALL, CHANGE, CAUSE = "all", "change", "cause"
UNCHANGED = "unchanged"


class Slice(NamedTuple):
    """The records that both runs predicted and that have one value of `by`: how many, and how many each run had right.

    `fixed` were wrong before and right after, `broken` the other way round. `data` counts what changed in all of the
    data set, predicted or not.
    """

    by: str
    value: str | None
    records: int
    before: int
    after: int
    fixed: int
    broken: int
    data: Mapping[str, int]

    def json(self) -> dict[str, Any]:
        """The slice as `dsv.diff/v1` has it, with accuracies."""
        share = [n / self.records if self.records else None for n in (self.before, self.after)]
        return {
            "by": self.by, "value": self.value, "records": self.records, "from": share[0], "to": share[1],
            "fixed": self.fixed, "broken": self.broken, "data": dict(self.data),
        }  # fmt: skip


def judged(frame: pl.DataFrame, predictions: pl.DataFrame, label: str, name: str) -> pl.DataFrame:
    """The records (with `id`) that were predicted, with a column that says whether the prediction is their label."""
    both = predictions.join(frame, on="id", how="inner")
    said, true = both["prediction"], both[label]
    if true.dtype.is_numeric():
        right = said.cast(pl.Float64, strict=False) == true.cast(pl.Float64)
    elif true.dtype == pl.Boolean:
        right = said.str.to_lowercase() == true.cast(pl.String)
    else:
        right = said == true.cast(pl.String)
    # A record without a label is neither right nor wrong; one without a prediction is wrong.
    return both.filter(true.is_not_null()).with_columns(right.fill_null(False).filter(true.is_not_null()).alias(name))


def slices(
    old: pl.DataFrame, new: pl.DataFrame, common: pl.DataFrame, changes: pl.DataFrame, by: Sequence[str]
) -> list[Slice]:
    """All, by what changed and why, and by each column of `by` as the newer version has it.

    `old` and `new` are the records of both versions, `common` those that both runs predicted (id, before, after),
    `changes` the deltas between the versions (id, op, cause).
    """
    columns = {
        name: frame.select("id", *(_column(frame, c) for c in by)) for name, frame in (("old", old), ("new", new))
    }
    judged = (
        common.select("id", "before", "after")
        .join(columns["new"], on="id", how="left")
        .join(changes, on="id", how="left")
    )
    judged = judged.with_columns(pl.col("op").fill_null(UNCHANGED).alias(CHANGE), pl.lit(None, pl.String).alias(ALL))
    gone = changes.filter(pl.col("op") == REMOVED).join(columns["old"], on="id", how="left")
    there = changes.filter(pl.col("op") != REMOVED).join(columns["new"], on="id", how="left")
    data = pl.concat([gone, there]).with_columns(pl.col("op").alias(CHANGE), pl.lit(None, pl.String).alias(ALL))
    return [found for name in (ALL, CHANGE, CAUSE, *by) for found in _sliced(judged, data, name)]


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    """A column as text; without it, nulls."""
    found = frame[name] if name in frame.columns else pl.Series(name, [None] * frame.height, dtype=pl.String)
    return found.cast(pl.String)


def _sliced(judged: pl.DataFrame, data: pl.DataFrame, by: str) -> Iterator[Slice]:
    counted = {row[0]: row[1:] for row in judged.group_by(by).agg(
        pl.len(), pl.col("before").sum(), pl.col("after").sum(),
        (~pl.col("before") & pl.col("after")).sum().alias("fixed"), (pl.col("before") & ~pl.col("after")).sum().alias("broken"),
    ).iter_rows()}  # fmt: skip
    changed: dict[str | None, dict[str, int]] = {}
    for value, op, n in data.group_by(by, "op").len().iter_rows():
        changed.setdefault(value, {})[op] = n
    # What has no cause did not change.
    values = [v for v in {**counted, **changed} if v is not None or by != CAUSE]
    for value in sorted(values, key=lambda v: (-counted.get(v, (0,))[0], v is None, v or "")):
        ops = {op: changed.get(value, {}).get(op, 0) for op in OPS}
        records, before, after, fixed, broken = counted.get(value, (0, 0, 0, 0, 0))
        yield Slice(by, value, records, before, after, fixed, broken, ops)
