"""The `clean` stage: rules that drop records or set values, applied in the order of the params.

A rule sees the values that earlier rules set, and only records that they kept; the first rule that drops a record
is its rule, and nothing after it counts. Rules that look at one record run in `prepare`; a rule that compares records
is a round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import polars as pl

from dsv.errors import SectionError
from dsv.ledger import decisions as ledger
from dsv.ledger.decisions import DROP, Decisions
from dsv.record.problem import nearest
from dsv.record.schema import OneOf
from dsv.stages.base import ID, RECORDS, Decided, Named, Needs, Prepared, Round, SourceFacts, View
from dsv.stages.rules.apply import FIRST, INDEX, LOCAL_SCHEMA, apply
from dsv.stages.rules.plan import Planned, depends, plan, setters
from dsv.stages.rules.registry import GLOBAL, PARAMS

NAME = "clean"
DOC = "Drops records and sets values by rules, in their order."
REVISION = 3


@dataclass(frozen=True)
class Params:
    """`clean: {rules: [{missing: {columns: [text]}}, {duplicate: {columns: [text]}}]}`."""

    rules: tuple[OneOf, ...] = field(default=(), metadata={"one_of": PARAMS, "doc": "applied in this order"})

    def impossible(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        seen: dict[str, int] = {}
        for rule in plan(self.rules):
            first = seen.setdefault(rule.label, rule.place)
            if first != rule.place:
                message = f"the name {rule.label} is that of rules[{first}] too; give another id"
                yield ("rules", rule.place, rule.name), message


def rules(params: Any) -> Mapping[str, tuple[str, ...]]:
    """Every rule of this instance and the params it depends on, its own first."""
    planned = plan(params.rules)
    return {rule.label: depends(planned, rule) for rule in planned}


def values(params: Any) -> Mapping[str, tuple[str, ...]]:
    """Of each rule the params of those before it that set what it reads."""
    planned = plan(params.rules)
    return {rule.label: setters(planned, rule) for rule in planned}


def columns(params: Any) -> tuple[Named, ...]:
    """The columns that the rules name, and where."""
    return tuple(
        Named(("rules", rule.place, rule.name, *path), column)
        for rule in plan(params.rules)
        for path, column in rule.params.named()
    )


def assigned(params: Any) -> tuple[str, ...]:
    """None that is new: a rule sets columns that records have."""
    return ()


def needs(params: Any, sources: Mapping[str, SourceFacts]) -> Needs:
    """The columns that the rules name, sorted; all where a rule compares whole records."""
    planned = plan(params.rules)
    known = [name for name, source in sources.items() if source.kind == RECORDS]
    for rule in planned:
        for name in rule.params.sources:
            if name not in known:
                message = f"no source of records is called {name!r}{nearest(name, known)}"
                raise SectionError(f"{rule.path}.sources: {message}{'' if message.endswith('?') else '.'}")
    if any(rule.is_global and not getattr(rule.params, "columns", ()) for rule in planned):
        return Needs(None)
    # No column at all would mean that records are not read.
    glanced = sorted({name for rule in planned for name in rule.params.glances()})
    return Needs(tuple(sorted({one.column for one in columns(params)})) or (ID,), optional=tuple(glanced))


def prepare(view: View, params: Any) -> Prepared:
    """What the shard alone decides, and per global rule the key of each row."""
    planned = plan(params.rules)
    # The key of a record names it; it is no part of what is compared unless a rule says so.
    applied = apply(view.frame, planned, view.source.name, view.source.key)
    local = pl.concat([pl.DataFrame(schema=LOCAL_SCHEMA), *applied.parts], how="diagonal")
    local = local.sort("row", INDEX, maintain_order=True)
    if not any(rule.is_global for rule in planned):
        return Prepared(pl.DataFrame(), local)
    narrow = [applied.first.alias(FIRST)]
    for rule in planned:
        if rule.is_global:
            narrow += _key_columns(applied.keys.get(rule.place), rule.place, view.frame.height)
    return Prepared(pl.DataFrame(narrow), local)


def _key_columns(found: pl.DataFrame | None, index: int, rows: int) -> list[pl.Series]:
    if found is None:
        empty = pl.repeat(None, rows, dtype=pl.UInt64, eager=True)
        return [empty.alias(name) for name in _key(index)]
    return [found[half].alias(name) for half, name in zip(("hi", "lo"), _key(index), strict=True)]


def _key(index: int) -> tuple[str, str]:
    return f"hi{index}", f"lo{index}"


def rounds(params: Any) -> tuple[Round, ...]:
    """A round for each rule that compares records."""
    found = []
    for rule in plan(params.rules):
        if rule.is_global:
            key = _key(rule.place)
            found.append(Round(rule.label, key, partial(_decide, rule), (FIRST, *key)))
    return tuple(found)


def _decide(rule: Planned, rows: pl.DataFrame, params: Any) -> Decided:
    """A row takes part that is kept by all rules before this one, and has a key."""
    high, low = _key(rule.place)
    before = pl.col(FIRST).is_null() | (pl.col(FIRST) > rule.place)
    candidates = rows.filter(pl.col("alive") & before & pl.col(high).is_not_null())
    renamed = candidates.select("shard", "row", pl.col(high).alias("hi"), pl.col(low).alias("lo"))
    dropped = GLOBAL[rule.name].decide(renamed, rule.params)
    partners = dropped.select("partner_shard", "partner_row").n_unique() if dropped.height else 0
    stats = {f"{rule.label}.compared": candidates.height, f"{rule.label}.repeated": partners}
    return Decided(dropped.with_columns(rule=pl.lit(rule.label)), stats)


def emit(local: pl.DataFrame, decided: pl.DataFrame, rows: int, params: Any) -> Decisions | None:
    """The decisions of all rules about one shard; of a row that a round dropped, only what came before the round."""
    places = {rule.label: rule.place for rule in plan(params.rules)}
    if decided.is_empty() or "rule" not in decided.columns:
        return ledger.sparse([local.drop(INDEX)])
    place = pl.col("rule").replace_strict(places, return_dtype=pl.UInt16)
    dropped = decided.filter(pl.col("rule").is_not_null()).with_columns(place.alias("_round"))
    local = local.join(dropped.select("row", "_round"), on="row", how="left", maintain_order="left")
    before = local.filter(pl.col("_round").is_null() | (pl.col(INDEX) < pl.col("_round")))
    partner = pl.col("partner") if "partner" in dropped.columns else pl.lit(None, pl.String).alias("partner")
    drops = dropped.select("row", "rule", pl.lit(DROP).alias("action"), partner)
    return ledger.sparse([before.drop(INDEX, "_round"), drops])


def summary(stats: Mapping[str, int], params: Any) -> Mapping[str, Any]:
    """Per rule that compares records: how many it compared, and how many of them occur more than once."""
    labels = [rule.label for rule in plan(params.rules) if rule.is_global]
    figures = ("compared", "repeated")
    return {label: {figure: stats.get(f"{label}.{figure}", 0) for figure in figures} for label in labels}
