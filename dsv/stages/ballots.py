"""Counts votes per record and value: integers in arrays, so that millions of votes cost a second."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Whole = npt.NDArray[np.int64]


class Counted(NamedTuple):
    """Per record: number of votes, weight of the first and the second value, of all, and the first value.

    `cells` are (unit, value, votes) over units that have votes and a record that is alive, sorted: a unit is a key that
    records share. Of values of equal weight the one that sorts first is the first.
    """

    votes: Whole
    first: Whole
    second: Whole
    weight: Whole
    top: pl.Series
    orphans: int
    cells: tuple[Whole, Whole, Whole]
    values: pl.Series


def count(records: pl.DataFrame, votes: pl.DataFrame, weight: pl.Expr | None) -> Counted:
    """Counts votes (hi, lo, value) for records (hi, lo, alive). A vote for no record, gone or not, is an orphan."""
    units, of = _units(records)
    values = votes["value"].unique().sort()
    found = _find(votes, units)
    coded = found.select(
        "unit",
        pl.col("value").cast(pl.Enum(values)).to_physical().cast(pl.Int64),
        *([weight.alias("w")] if weight is not None else []),
    )
    orphans = _find(votes.select("hi", "lo").unique(), units, how="anti").height if found.height < votes.height else 0
    cell = coded["unit"].to_numpy() * max(1, len(values)) + coded["value"].to_numpy()
    order = np.argsort(cell, kind="stable") if weight is not None else None
    cell = np.sort(cell) if order is None else cell[order]
    starts = _starts(cell)
    n = np.diff(np.append(starts, len(cell)))
    w = n if order is None else np.add.reduceat(coded["w"].to_numpy()[order], starts) if len(starts) else n
    live = records["alive"].to_numpy()
    if of is not None:
        live = np.bincount(of[live], minlength=units.height) > 0
    return _best(live, of, cell[starts], n, w, values, orphans)


def _units(records: pl.DataFrame) -> tuple[pl.DataFrame, Whole | None]:
    """The distinct keys, numbered, and the number of each record's key (None: that of the record)."""
    if records["hi"].n_unique() == records.height:
        return records.select("hi", "lo", unit=pl.int_range(pl.len(), dtype=pl.Int64)), None
    units = records.select("hi", "lo").unique(maintain_order=True).with_columns(unit=pl.int_range(pl.len()))
    of = records.select("hi", "lo").join(units, on=["hi", "lo"], how="left", maintain_order="left")
    return units, of["unit"].to_numpy()


def _find(votes: pl.DataFrame, units: pl.DataFrame, how: str = "inner") -> pl.DataFrame:
    if how == "anti":
        return votes.join(units, on=["hi", "lo"], how="anti")
    if units["hi"].n_unique() < units.height:
        return votes.join(units, on=["hi", "lo"], how="inner")
    # One half finds the unit, the other confirms it: half the time of a join on both.
    return votes.join(units.rename({"lo": "_lo"}), on="hi", how="inner").filter(pl.col("lo") == pl.col("_lo"))


def _starts(values: Whole) -> npt.NDArray[np.intp]:
    """Where runs of equal values start."""
    if not len(values):
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(np.append(True, values[1:] != values[:-1]))


def _best(
    live: npt.NDArray[np.bool_], of: Whole | None, cell: Whole, n: Whole, w: Whole, values: pl.Series, orphans: int
) -> Counted:
    unit, value = np.divmod(cell, max(1, len(values)))
    starts = _starts(unit)
    seen = unit[starts]
    sizes = np.diff(np.append(starts, len(unit)))
    figures = {name: np.zeros(len(live), dtype=np.int64) for name in ("votes", "first", "second", "weight")}
    top = np.full(len(live), -1, dtype=np.int64)
    if len(starts):
        most = np.maximum.reduceat(w, starts)
        is_most = w == np.repeat(most, sizes)
        # The first of those that have most, in the order of values.
        place = np.where(is_most, value, np.int64(len(values)))
        top[seen] = np.minimum.reduceat(place, starts)
        chosen = value == np.repeat(top[seen], sizes)
        figures["first"][seen] = most
        figures["second"][seen] = np.maximum.reduceat(np.where(chosen, np.int64(-1), w), starts)
        figures["votes"][seen] = np.add.reduceat(n, starts)
        figures["weight"][seen] = np.add.reduceat(w, starts)
    if of is not None:
        figures = {name: figure[of] for name, figure in figures.items()}
        top = top[of]
    named = pl.select(pl.when(pl.Series(top) >= 0).then(pl.Series(top))).to_series()
    return Counted(
        **figures,
        top=values.gather(named),
        orphans=orphans,
        cells=(unit[live[unit]], value[live[unit]], n[live[unit]]),
        values=values,
    )
