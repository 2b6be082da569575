"""Applies rules to records, in the order in which they are written.

A rule sees the values that earlier rules set and the records that earlier rules kept. All but `duplicate` look at one
record alone and are done in `prepare`; each `duplicate` is a round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import polars as pl

from dsv.ledger.decisions import DROP, SET, Decisions, empty, sparse
from dsv.record import digest
from dsv.record.schema import OneOf
from dsv.stages.base import Decided, Needs, Prepared, Round, SourceFacts, View
from dsv.stages.rules import duplicate
from dsv.stages.rules.base import Drops
from dsv.stages.rules.registry import RULES

NAME = "clean"
DOC = "Drops records and sets values by rules."
REVISION = 1
NEVER = 65_535


@dataclass(frozen=True)
class Params:
    """The rules, in order."""

    rules: tuple[OneOf, ...] = field(default=(), metadata={"one_of": RULES})


class Named(NamedTuple):
    """A rule with its place and the name that decisions bear."""

    place: int
    name: str
    params: Any


def named(params: Params) -> list[Named]:
    """The rules with their names: `id` where it is given, else the kind, with `#2` and on where it recurs."""
    seen: Counter[str] = Counter()
    found = []
    for index, rule in enumerate(params.rules):
        name = rule.params.id or rule.name
        seen[name] += 1
        found.append(Named(index, name if seen[name] == 1 else f"{name}#{seen[name]}", rule.params))
    return found


def rules(params: Params) -> Mapping[str, tuple[str, ...]]:
    """Rule → its place in params.yaml."""
    return {rule.name: (f"rules[{rule.place}]",) for rule in named(params)}


def needs(params: Params, sources: Mapping[str, SourceFacts]) -> Needs:
    """The columns of all rules; all of them if a duplicate rule compares whole records."""
    found: dict[str, None] = {}
    for rule in params.rules:
        if isinstance(rule.params, duplicate.Params) and not rule.params.columns_:
            return Needs(None)
        found |= dict.fromkeys(rule.params.columns())
    return Needs(tuple(found) or ("_id",))


def prepare(view: View, params: Params) -> Prepared:
    """Local: every set and drop of the rules that look at one record. Narrow: hashes for the duplicate rules."""
    frame = view.frame
    # A column that only other shards have is null here.
    wanted = [c for rule in params.rules for c in rule.params.columns() if c not in frame.columns]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(c) for c in dict.fromkeys(wanted))
    first = pl.Series("first", [NEVER] * frame.height, dtype=pl.UInt16)
    parts: list[pl.DataFrame] = []
    narrow: dict[str, pl.Series] = {}
    for rule in named(params):
        if isinstance(rule.params, duplicate.Params):
            halves = digest.halves(digest.record_hashes(frame, rule.params.compared(frame)))
            narrow |= {f"hi{rule.place}": halves["hi"], f"lo{rule.place}": halves["lo"]}
            continue
        action = rule.params.act(frame)
        if isinstance(action, Drops):
            part, mask = _dropped(frame, rule, action, first)
            first = pl.select(
                pl.when(mask & (first == NEVER)).then(pl.lit(rule.place, pl.UInt16)).otherwise(first).alias("first")
            ).to_series()
            parts.append(part)
        else:
            found, frame = _changed(frame, rule, action, first)
            parts += found
    local = (
        pl.concat([p for p in parts if p.height], how="diagonal_relaxed")
        if any(p.height for p in parts)
        else pl.DataFrame()
    )
    if narrow:
        narrow["first"] = first
    return Prepared(pl.DataFrame([s.alias(n) for n, s in narrow.items()]), local)


def _dropped(frame: pl.DataFrame, rule: Named, action: Drops, first: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """The drops of one rule; a record that an earlier rule dropped is not dropped again."""
    mask = _eager(frame, action.mask).fill_null(False)
    rows = (mask & (first == NEVER)).arg_true().cast(pl.UInt32)
    if rows.is_empty():
        return pl.DataFrame(), mask
    detail = (
        _eager(frame[rows], action.detail)
        if action.detail is not None
        else pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    )
    return _part(rows, rule, DROP).with_columns(detail.cast(pl.String).alias("detail")), mask


def _changed(
    frame: pl.DataFrame, rule: Named, action: Any, first: pl.Series
) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """The sets of one rule, and the frame with the new values."""
    parts = []
    values = {name: _eager(frame, value).alias(name) for name, value in action.values.items()}
    for name, value in values.items():
        old = frame[name]
        differs = old.ne_missing(value) if old.dtype == value.dtype else old.is_not_null() | value.is_not_null()
        rows = (differs & (first == NEVER)).arg_true().cast(pl.UInt32)
        if rows.is_empty():
            continue
        part = _part(rows, rule, SET).with_columns(pl.lit(name).alias("column"), value.gather(rows).alias(f"={name}"))
        if action.detail is not None:
            part = part.with_columns(_eager(frame, action.detail).gather(rows).alias("detail"))
        parts.append(part)
    return parts, frame.with_columns(values.values())


def _eager(frame: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    found = frame.select(expression.alias("v"))["v"]
    return found if len(found) == frame.height else found.new_from_index(0, frame.height)


def _part(rows: pl.Series, rule: Named, action: str) -> pl.DataFrame:
    return pl.DataFrame({"row": rows}).with_columns(
        pl.lit(rule.name).alias("rule"), pl.lit(action).alias("action"), pl.lit(rule.place, pl.UInt16).alias("order")
    )


def rounds(params: Params) -> tuple[Round, ...]:
    """One round for each duplicate rule."""
    found = []
    for rule in named(params):
        if isinstance(rule.params, duplicate.Params):
            key = (f"hi{rule.place}", f"lo{rule.place}")
            found.append(Round(rule.name, key, partial(_duplicates, rule=rule.name, index=rule.place), (*key, "first")))
    return tuple(found)


def _duplicates(rows: pl.DataFrame, params: Params, rule: str, index: int) -> Decided:
    """Records that equal an earlier one, among those that are kept up to this rule."""
    key = [f"hi{index}", f"lo{index}"]
    candidates = rows.filter(pl.col("alive") & (pl.col("first") > index)).with_row_index("at")
    several = candidates.group_by(key).agg(kept=pl.col("at").min(), n=pl.len()).filter(pl.col("n") > 1)
    doubles = candidates.join(several, on=key, how="inner").filter(pl.col("at") != pl.col("kept"))
    firsts = candidates.select(kept="at", partner_shard="shard", partner_row="row")
    found = doubles.join(firsts, on="kept", how="left").sort("at")
    return Decided(
        found.select(
            "shard",
            "row",
            pl.lit(rule).alias("rule"),
            "partner_shard",
            "partner_row",
            pl.lit(index, pl.UInt16).alias("order"),
        )
    )


def emit(local: pl.DataFrame, decided: pl.DataFrame, rows: int, params: Params) -> Decisions | None:
    """Sparse: drops and sets, in the order of the rules; nothing after a record's drop."""
    if decided.height:
        drops = decided.select("row", "rule", "partner", "order").with_columns(pl.lit(DROP).alias("action"))
        parts = pl.concat([local, drops], how="diagonal_relaxed") if local.height else drops
    elif local.height:
        parts = local
    else:
        return empty()
    last = parts.filter(action=DROP).group_by("row").agg(pl.col("order").min().alias("last"))
    parts = parts.join(last, on="row", how="left").filter(
        pl.col("last").is_null() | (pl.col("order") <= pl.col("last"))
    )
    return sparse(
        [parts.drop("last").sort("row", "order", *(["column"] if "column" in parts.columns else [])).drop("order")]
    )


def summary(stats: Mapping[str, int], params: Params) -> Mapping[str, Any]:
    """Nothing beside the counts."""
    return {}
