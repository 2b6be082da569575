"""The changed records of a difference: those that are asked for, read in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl

from dsv import errors
from dsv.delta.model import OPS, Cause, RecordDelta
from dsv.ops import splits
from dsv.project.history import UNSPLIT
from dsv.project.version import Version
from dsv.record.problem import nearest
from dsv.runner.compare import explain
from dsv.runner.compare.side import Side
from dsv.table.where import check, mask

CHUNK = 5000
Pair = tuple[Side, Side]


class Choice(NamedTuple):
    """Which changed records are asked for; all of them where nothing is said."""

    op: tuple[str, ...] = ()
    where: str | None = None
    column: str | None = None
    split: str | None = None


def choose(rows: pl.DataFrame, versions: tuple[Version, Version], sides: Pair, choice: Choice) -> pl.DataFrame:
    """The rows that are asked for, but for `where`, which is only checked: it needs values."""
    _check(versions, sides, choice)
    if choice.op:
        rows = rows.filter(pl.col("op").is_in(choice.op))
    if choice.column is not None:
        rows = rows.filter(pl.col("columns").list.contains(choice.column))
    if choice.split is not None:
        at = [_splits(rows.select(shard=f"{key}_shard", row=f"{key}_row"), side) for key, side in zip("ab", sides, strict=True)]
        rows = rows.filter((at[0] == choice.split).fill_null(False) | (at[1] == choice.split).fill_null(False))
    return rows


def _splits(positions: pl.DataFrame, side: Side) -> pl.Series:
    """The split of each record; null only where there is no record."""
    found = side.splits(positions).fill_null(UNSPLIT)
    return pl.select(pl.when(positions["row"].is_not_null()).then(found)).to_series()


def _check(versions: tuple[Version, Version], sides: Pair, choice: Choice) -> None:
    columns = sides[0].columns | sides[1].columns
    for op in choice.op:
        if op not in OPS:
            raise errors.UsageError(f"There is no op {op!r}{nearest(op, OPS) or '; there are ' + ', '.join(OPS) + '.'}")
    if choice.column is not None and choice.column not in columns:
        near = nearest(choice.column, columns) or f"; there are {', '.join(sorted(columns))}."
        raise errors.UsageError(f"No version has a column {choice.column!r}{near}")
    if choice.split is not None:
        splits.check(versions, choice.split, columns)
    if choice.where is not None:
        check(choice.where, {"id", *(f"{prefix}_{name}" for prefix in ("from", "to") for name in columns)})


def read(rows: pl.DataFrame, sides: Pair, causes: Sequence[Cause], where: str | None = None) -> Iterator[RecordDelta]:
    """The rows of a difference as records, those for which `where` holds."""
    for start in range(0, rows.height, CHUNK):
        yield from _deltas(rows[start : start + CHUNK], sides, causes, where)


def _deltas(part: pl.DataFrame, sides: Pair, causes: Sequence[Cause], where: str | None) -> Iterator[RecordDelta]:
    a, b = sides
    at_a, at_b = part.select(shard="a_shard", row="a_row"), part.select(shard="b_shard", row="b_row")
    old, new = _values(a, at_a), _values(b, at_b)
    ids = pl.select(pl.coalesce(_ids(b, at_b), _ids(a, at_a)).alias("id")).to_series()
    keep = mask(where, _both(ids, old, new, sides)) if where else None
    told = part.select("op", "columns", "cause", "partner", "by", pl.col("a_shard", "b_shard").is_not_null()).iter_rows()
    # Rows are taken out of the frames at once: one value at a time costs ten times as much.
    for i, ((op, columns, number, partner, by, here, there), left, right) in enumerate(zip(told, _rows(old), _rows(new), strict=True)):
        if keep is not None and not keep[i]:
            continue
        was, now = _row(old, left, columns) if here else None, _row(new, right, columns) if there else None
        yield RecordDelta(ids[i], op, was, now, causes[number], partner, tuple(by.split(explain.BETWEEN)) if by else ())


def _values(side: Side, at: pl.DataFrame) -> pl.DataFrame:
    found = side.records(at)
    return found if found.height == at.height else pl.DataFrame(height=at.height)


def _ids(side: Side, at: pl.DataFrame) -> pl.Series:
    found = side.ids(at)
    return found if len(found) == at.height else pl.Series("id", [None] * at.height, dtype=pl.String)


def _rows(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """The rows; empty ones of a frame without columns."""
    return frame.rows() if frame.width else [()] * frame.height


def _row(frame: pl.DataFrame, row: tuple[Any, ...], columns: Sequence[str] | None) -> dict[str, Any]:
    found = dict(zip(frame.columns, row, strict=True))
    return found if columns is None else {name: found[name] for name in columns if name in found}


def _both(ids: pl.Series, old: pl.DataFrame, new: pl.DataFrame, sides: Pair) -> pl.DataFrame:
    """Ids and the columns of both versions by their names in `where`."""
    known = sides[0].columns | sides[1].columns
    return pl.DataFrame([ids, *_named("from", old, new, known), *_named("to", new, old, known)])


def _named(prefix: str, own: pl.DataFrame, other: pl.DataFrame, known: frozenset[str]) -> Iterator[pl.Series]:
    """The columns of a side; one that none of these records has there is null, of the type that the other side has."""
    yield from (values.alias(f"{prefix}_{values.name}") for values in own)
    for name in sorted({*other.columns, *known}.difference(own.columns)):
        dtype = other.schema.get(name, pl.Null)
        yield pl.repeat(None, other.height, dtype=dtype, eager=True).alias(f"{prefix}_{name}")
