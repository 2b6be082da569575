"""Gathers the evidence for each delta of a difference, and turns it into causes (lineage.causes)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from dsv.delta import columns as delta_columns
from dsv.delta.model import ADDED, REMOVED, Cause
from dsv.ledger import decisions as ledger
from dsv.lineage import causes
from dsv.lineage.causes import INGEST, Evidence, Facts
from dsv.project.manifest import Shard
from dsv.runner import read
from dsv.runner.difference import Difference
from dsv.runner.side import Side

CAUSE = ["kind", "stage", "what", "was", "now"]
EVIDENCE = {
    "stage": pl.String,
    "rule": pl.String,
    "side": pl.String,
    "partner": pl.String,
    "batch": pl.String,
    "source": pl.String,
    "annotated": pl.String,
}


class Explained(NamedTuple):
    """The rows of a difference with the number of their cause (`cause`), and the causes by number."""

    rows: pl.DataFrame
    causes: list[Cause]


def run(difference: Difference, a: Side, b: Side, facts: Facts) -> Explained:
    """A cause for each changed record."""
    rows = difference.rows.with_row_index("at")
    if rows.is_empty():
        return Explained(rows.with_columns(cause=pl.lit(None, pl.UInt32)).drop("at"), [])
    parts = [part for part in _evidence(rows, a, b) if part.height]
    evidence = pl.concat(parts).sort("at")
    distinct = evidence.select(list(EVIDENCE)).unique(maintain_order=True)
    numbers: list[int] = []
    found: dict[tuple[str, ...], tuple[int, Cause]] = {}
    for row in distinct.iter_rows():
        cause = causes.explain(Evidence(*row), facts)
        numbers.append(found.setdefault(_hashable(cause), (len(found), cause))[0])
    numbered = distinct.with_columns(pl.Series("cause", numbers, dtype=pl.UInt32))
    joined = evidence.join(numbered, on=list(EVIDENCE), how="left", nulls_equal=True, maintain_order="left")
    rows = rows.join(joined.select("at", "cause"), on="at", how="left", maintain_order="left").drop("at")
    return Explained(rows, [cause for _, cause in found.values()])


def _hashable(cause: Cause) -> tuple[str, ...]:
    return tuple(repr(part) for part in cause)


def _evidence(rows: pl.DataFrame, a: Side, b: Side) -> Iterator[pl.DataFrame]:
    yield from _appeared(rows.filter(op=ADDED), own=b, other=a, own_name="b", other_name="a")
    yield from _appeared(rows.filter(op=REMOVED), own=a, other=b, own_name="a", other_name="b")
    both = rows.filter(pl.col("a_shard").is_not_null() & pl.col("b_shard").is_not_null())
    for (index_a, index_b), group in both.partition_by("a_shard", "b_shard", as_dict=True).items():
        here, there = a.shards[index_a], b.shards[index_b]
        same = here.relative == there.relative and here.digest == there.digest
        if not same:
            yield _content(group, here, there, b)
            continue
        moved = group.filter(pl.col("a_row") != pl.col("b_row"))
        yield _content(moved, here, there, b)
        yield _changed(group.filter(pl.col("a_row") == pl.col("b_row")), here, there, a, b)


def _frame(at: pl.Series, **values: Any) -> pl.DataFrame:
    columns = {name: values.get(name) for name in EVIDENCE}
    frame = pl.DataFrame({"at": at})
    return frame.with_columns(
        (column if isinstance(column, pl.Series) else pl.lit(column)).cast(kind).alias(name)
        for (name, kind), column in zip(EVIDENCE.items(), columns.values(), strict=True)
    )


def _appeared(rows: pl.DataFrame, own: Side, other: Side, own_name: str, other_name: str) -> Iterator[pl.DataFrame]:
    """Records that only `own` keeps: what the other side decided about them, or that it never had them."""
    for (index,), group in rows.partition_by(f"{own_name}_shard", as_dict=True).items():
        shard = own.shards[index]
        position = other.index.get(shard.relative)
        if position is None or other.shards[position].digest != shard.digest:
            yield _frame(group["at"], stage=INGEST, side=own_name, batch=shard.batch, source=shard.source)
            continue
        twin = other.shards[position]
        drops = first_drop(other, twin).join(
            group.select("at", row=pl.col(f"{own_name}_row")), on="row", how="right", maintain_order="right"
        )
        ingest = drops["stage"] == INGEST
        back = _taken_back(own, shard) if ingest.any() else {}
        batches = [
            back.get(row, detail) if stage == INGEST else None
            for row, stage, detail in drops.select("row", "stage", "detail").iter_rows()
        ]
        rules = [
            "restored" if stage == INGEST and row in back and own_name == "b" else rule
            for row, stage, rule in drops.select("row", "stage", "rule").iter_rows()
        ]
        yield _frame(
            drops["at"], stage=drops["stage"], rule=pl.Series(rules, dtype=pl.String), side=other_name, partner=drops["partner"],
            batch=pl.Series(batches, dtype=pl.String), source=shard.source,
        )  # fmt: skip


def first_drop(side: Side, shard: Shard) -> pl.DataFrame:
    """For each row of a shard that a side does not keep: the first stage that dropped it, with rule, partner and detail."""
    parts = []
    gone = pl.repeat(False, shard.rows, dtype=pl.Boolean, eager=True)
    for stage in side.stages:
        found = read.moves(side.files, stage, shard) if shard.relative in side.manifests[stage].shards else None
        if found is None:
            continue
        lost = ~ledger.kept(found, shard.rows) & ~gone
        if lost.any():
            parts.append(_drops(found, lost).with_columns(stage=pl.lit(stage)))
            gone = gone | lost
    empty = {"row": pl.UInt32, "rule": pl.String, "partner": pl.String, "detail": pl.String, "stage": pl.String}
    return pl.concat(parts) if parts else pl.DataFrame(schema=empty)


def _drops(found: ledger.Decisions, lost: pl.Series) -> pl.DataFrame:
    rows = lost.arg_true().cast(pl.UInt32)
    if found.dense:
        rules = found.table[ledger.DROP_COLUMN].gather(rows)
        nothing = pl.lit(None, pl.String)
        return pl.DataFrame({"row": rows, "rule": rules}).with_columns(partner=nothing, detail=nothing)
    last = found.table.filter(pl.col("action") == ledger.DROP).group_by("row", maintain_order=True).last()
    return last.select("row", "rule", "partner", "detail").join(pl.DataFrame({"row": rows}), on="row", how="semi")


def _taken_back(side: Side, shard: Shard) -> dict[int, str]:
    """Rows that an ingest event took back, and the batch that did."""
    found = read.moves(side.files, INGEST, shard) if shard.relative in side.manifests[INGEST].shards else None
    if found is None:
        return {}
    return dict(found.table.filter(pl.col("action") == ledger.KEEP).select("row", "detail").iter_rows())


def _content(rows: pl.DataFrame, here: Shard, there: Shard, b: Side) -> pl.DataFrame:
    """Records whose base row is another one: the raw record changed, by the batch that replaced it."""
    back = _taken_back(b, there)
    batches = [back.get(row, there.batch) for row in rows["b_row"].to_list()]
    return _frame(
        rows["at"],
        stage=INGEST,
        rule="content",
        side="b",
        batch=pl.Series(batches, dtype=pl.String),
        source=there.source,
    )


def _changed(rows: pl.DataFrame, here: Shard, there: Shard, a: Side, b: Side) -> pl.DataFrame:
    """Records whose base row is the same: the first stage that assigns another value."""
    if rows.is_empty():
        return _frame(rows["at"])
    stage = pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    rule = pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    touched = {name for names in rows["columns"].to_list() for name in names}
    for name in dict.fromkeys([*a.stages, *b.stages]):
        found = [
            _assignments(side, name, shard, touched, rows[f"{key}_row"])
            for key, side, shard in (("a", a, here), ("b", b, there))
        ]
        differs = _differ(found[0].values, found[1].values, rows.height) & stage.is_null()
        if differs.any():
            rules = pl.select(pl.coalesce(found[1].rules, found[0].rules)).to_series()
            stage = pl.select(pl.when(differs).then(pl.lit(name)).otherwise(stage)).to_series()
            rule = pl.select(pl.when(differs).then(rules).otherwise(rule)).to_series()
    votes = _vote_batches(a, b, here.source)
    return _frame(rows["at"], stage=stage.fill_null(INGEST), rule=rule, side="b", source=here.source, annotated=votes)


class Assignments(NamedTuple):
    """Per asked row: a text of what a stage assigned in the touched columns, and the rule that did."""

    values: pl.Series
    rules: pl.Series


def _assignments(side: Side, stage: str, shard: Shard, touched: set[str], rows: pl.Series) -> Assignments:
    nothing = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    if stage not in side.manifests or shard.relative not in side.manifests[stage].shards:
        return Assignments(nothing, nothing)
    found = read.decisions(side.files, stage, shard)
    if found is None:
        return Assignments(nothing, nothing)
    if found.dense:
        names = [n for n in found.assigned if n in touched]
        if not names:
            return Assignments(nothing, nothing)
        texts = found.table.select(pl.concat_str([_text(found.table, n) for n in names], separator="\x1f"))
        return Assignments(texts.to_series().gather(rows), nothing)
    sets = found.table.filter((pl.col("action") == ledger.SET) & pl.col("column").is_in(sorted(touched)))
    if sets.is_empty():
        return Assignments(nothing, nothing)
    values = [_text(sets, f"={n}") for n in found.assigned if n in touched]
    texts = sets.select("row", "rule", value=pl.concat_str(["column", *values], separator="\x1f"))
    grouped = texts.group_by("row", maintain_order=True).agg(pl.col("value").str.join("\x1e"), pl.col("rule").last())
    joined = pl.DataFrame({"row": rows.cast(pl.UInt32)}).join(grouped, on="row", how="left", maintain_order="left")
    return Assignments(joined["value"], joined["rule"])


def _text(table: pl.DataFrame, name: str) -> pl.Series:
    return delta_columns.plain(table[name]).fill_null("\x00")


def _differ(left: pl.Series, right: pl.Series, height: int) -> pl.Series:
    return left.ne_missing(right) if height else pl.Series([], dtype=pl.Boolean)


def _vote_batches(a: Side, b: Side, source: str) -> str | None:
    """The annotation deliveries that one version has and the other has not."""
    found = []
    for side in (a, b):
        found.append(
            {
                f"{s.name}/{batch.name}": batch.signature
                for s in side.ingested.sources
                if s.kind == "annotations"
                for batch in s.batches
            }
        )
    new = sorted(name for name in {*found[0], *found[1]} if found[0].get(name) != found[1].get(name))
    return ", ".join(new) or None


def tally(explained: Explained, ops: Sequence[str]) -> list[tuple[Cause, Mapping[str, int]]]:
    """Causes with how many records of each op they explain, largest first."""
    counted = explained.rows.group_by("cause", "op").len()
    table: dict[int, dict[str, int]] = {}
    for number, op, n in counted.iter_rows():
        table.setdefault(number, dict.fromkeys(ops, 0))[op] = n
    found = [(explained.causes[number], counts) for number, counts in table.items()]
    return sorted(found, key=lambda item: (-sum(item[1].values()), _hashable(item[0])))
