"""What one version decided about rows of a shard: what dropped them, what took them back, what was assigned."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.delta import columns as delta_columns
from dsv.ledger import decisions as ledger
from dsv.lineage.causes import INGEST
from dsv.project.manifest import Shard
from dsv.record.arrays import series
from dsv.runner.compare.side import Mask, Rows, Side
from dsv.runner.shards import read

THEN = "\x1e"
Texts = npt.NDArray[np.object_]


class Dropped(NamedTuple):
    """What dropped rows of one side: the place of the stage among all stages, and per row rule, partner, detail."""

    ranks: Rows
    rules: Texts
    partners: Texts
    details: Texts

    def take(self, mask: Mask) -> Dropped:
        """Some of the rows."""
        return Dropped(self.ranks[mask], self.rules[mask], self.partners[mask], self.details[mask])


def dropped(side: Side, shard: Shard, rows: Rows) -> Dropped:
    """What dropped each row, in the end; the place of the stage is -1 where nothing did."""
    first = _first_drop(side, shard, rows)
    texts = [np.full(len(rows), None, dtype=object) for _ in range(3)]
    for stage in sorted(set(first.tolist())):
        if stage >= 0:
            at = np.flatnonzero(first == stage)
            for column, told in zip(texts, _told(side, side.stages[stage], shard, rows[at]), strict=True):
                column[at] = told
    return Dropped(first, *texts)


def _first_drop(side: Side, shard: Shard, rows: Rows) -> Rows:
    """The place among the stages of the first one that dropped a row, -1 where none did."""
    found = np.full(len(rows), -1, dtype=np.int64)
    before = np.ones(len(rows), dtype=np.bool_)
    for i, stage in enumerate(side.stages):
        if not side.digest(stage, shard):
            continue
        now = side.kept(shard, i + 1)[rows]
        found[before & ~now] = i
        before = now
    # What was dropped and taken back later is not dropped.
    found[before] = -1
    return found


def _told(side: Side, stage: str, shard: Shard, rows: Rows) -> tuple[Any, Any, Any]:
    """Rules, partners and details of the drops of these rows, aligned with them. Only an event of ingest has a detail."""
    told = ("rule", "partner", "detail") if stage == INGEST else ("rule", "partner")
    found = read.acted(side.files, stage, shard, ledger.DROP, told)
    if found is None:
        return None, None, None
    if ledger.DROP_COLUMN in found.columns:
        return found[ledger.DROP_COLUMN][series(rows)].to_list(), None, None
    # Rows are in order, and of a row the last drop holds.
    at = series((np.searchsorted(found["row"].to_numpy(), rows, side="right") - 1).astype(np.uint32))
    return tuple(found[name][at].to_list() if name in found.columns else None for name in ("rule", "partner", "detail"))  # type: ignore[return-value]


def taken_back(side: Side, shard: Shard, rows: Rows) -> dict[int, str]:
    """Rows that an ingest event took back, and the batch that did."""
    if not side.digest(INGEST, shard):
        return {}
    found = read.acted(side.files, INGEST, shard, ledger.KEEP, ("detail",))
    if found is None or found.is_empty():
        return {}
    kept = found.filter(pl.col("row").cast(pl.Int64).is_in(series(rows).implode()))
    return dict(kept.select("row", "detail").iter_rows())


def batches(side: Side, shard: Shard, rows: Rows) -> str | list[str | None]:
    """The delivery that rows are there by: that of their shard, or the one that took them back."""
    back = taken_back(side, shard, rows)
    return [back.get(row, shard.batch) for row in rows.tolist()] if back else shard.batch


class Values(NamedTuple):
    """Per asked row: a text of what a stage assigned, and the rule that did (of one without rules: why it assigned nothing).
    What several rules assigned is joined by `THEN`, in their order, and so are the rules."""

    values: pl.Series
    rules: pl.Series

    def take(self, mask: Mask) -> Values:
        """Some of the rows."""
        return Values(self.values.filter(series(mask)), self.rules.filter(series(mask)))


def values(side: Side, stage: str, shard: Shard, rows: Rows, touched: frozenset[str] | None) -> Values:
    """What a stage assigned to rows, in some columns or (None) in all."""
    nothing = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    found = read.decisions(side.files, stage, shard, None) if side.digest(stage, shard) else None
    names = [] if found is None else [n for n in found.assigned if touched is None or n in touched]
    if found is None or not names:
        return Values(nothing, nothing)
    if found.dense:
        part = found.table[series(rows)]
        texts = part.select(pl.concat_str([_text(part, n) for n in names], separator="\x1f")).to_series()
        state = part["_state"] if part.schema.get("_state") == pl.String else nothing
        return Values(texts, state)
    wanted = series(rows.astype(np.uint32), "row").to_frame()
    sets = found.table.filter((pl.col("action") == ledger.SET) & pl.col("column").is_in(names))
    sets = sets.join(wanted.unique(), on="row", how="semi", maintain_order="left")
    # Of each row only the value of its own column: which others there are depends on what other records are set to.
    value = pl.coalesce([delta_columns.plain(sets[f"={n}"]) for n in names]).fill_null("\x00")
    told = sets.select("row", "rule", value=pl.concat_str("column", value, separator="\x1f"))
    grouped = told.group_by("row", maintain_order=True).agg(pl.col("value", "rule").str.join(THEN))
    joined = wanted.join(grouped, on="row", how="left", maintain_order="left")
    return Values(joined["value"], joined["rule"])


def _text(table: pl.DataFrame, name: str) -> pl.Series:
    return delta_columns.plain(table[name]).fill_null("\x00")
