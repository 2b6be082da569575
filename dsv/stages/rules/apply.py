"""Applies the rules of an instance to one shard, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from dsv.delta.columns import differs
from dsv.errors import SectionError
from dsv.ledger.decisions import DROP, SET
from dsv.stages.rules.base import Effect, RuleError, Set
from dsv.stages.rules.plan import Planned
from dsv.stages.rules.registry import GLOBAL, LOCAL

# `_index` is the place of the rule: what a round decides needs to know what came before it.
INDEX, FIRST = "_index", "first"
LOCAL_SCHEMA = {
    "row": pl.UInt32,
    "rule": pl.String,
    "action": pl.String,
    "column": pl.String,
    "detail": pl.String,
    INDEX: pl.UInt16,
}


class Applied(NamedTuple):
    """`first`: place of the first rule that drops a row by itself. `keys`: of global rules. `parts`: decisions."""

    first: pl.Series
    keys: Mapping[int, pl.DataFrame]
    parts: Sequence[pl.DataFrame]


def apply(frame: pl.DataFrame, rules: Sequence[Planned], source: str, key: tuple[str, ...]) -> Applied:
    """What the rules decide about a shard; each sees the values that those before it set."""
    lacking = {name for rule in rules for name in (*rule.params.reads(), *rule.params.glances())} - set(frame.columns)
    frame = frame.with_columns(pl.lit(None).alias(name) for name in sorted(lacking))
    first = pl.repeat(None, frame.height, dtype=pl.UInt16, eager=True)
    keys: dict[int, pl.DataFrame] = {}
    parts: list[pl.DataFrame] = []
    for rule in rules:
        if not rule.applies(source):
            continue
        if rule.is_global:
            keys[rule.place] = GLOBAL[rule.name].keys(frame, source, key, rule.params)
            continue
        effect = _effect(frame, rule, source)
        found, drop = _decisions(frame, rule, effect, first.is_null())
        parts += found
        if drop is not None:
            first = pl.select(pl.when(drop).then(pl.lit(rule.place, pl.UInt16)).otherwise(first)).to_series()
        frame = frame.with_columns(one.values.alias(one.column) for one in effect.sets)
    return Applied(first, keys, _one_type(parts))


def _effect(frame: pl.DataFrame, rule: Planned, source: str) -> Effect:
    try:
        return LOCAL[rule.name].apply(frame, rule.params)
    except RuleError as error:
        raise SectionError(
            f"{rule.path} cannot be applied to source {source}: {error}.",
            hint=f"declare the type in sources.{source}.columns, or put a rule `type` before it; "
            "`sources: [...]` limits a rule to some sources",
        ) from error


def _decisions(
    frame: pl.DataFrame, rule: Planned, effect: Effect, kept: pl.Series
) -> tuple[list[pl.DataFrame], pl.Series | None]:
    """The decisions of one rule about rows that no earlier rule dropped, and the rows that it drops."""
    drop = None if effect.drop is None else effect.drop.fill_null(False) & kept
    stays = kept if drop is None else kept & ~drop
    parts = [_set(frame, rule, one, stays) for one in effect.sets]
    if drop is not None and drop.any():
        parts.append(_drop(frame, rule, drop, effect.detail))
    return [part for part in parts if part.height], drop


def _set(frame: pl.DataFrame, rule: Planned, one: Set, stays: pl.Series) -> pl.DataFrame:
    old, new = frame[one.column], one.values
    # A value of another type is another value, 5 and '5' as well as 5 and 5.0: the type of a column may not depend on
    # whether some value in its shard changed.
    changed = differs(old, new) if old.dtype == new.dtype else old.is_not_null() | new.is_not_null()
    rows = (changed & stays).arg_true()
    detail = pl.lit(None, pl.String) if one.detail is None else one.detail.gather(rows)
    part = pl.DataFrame({"row": rows.cast(pl.UInt32), f"={one.column}": new.gather(rows)})
    return part.with_columns(*_same(rule, SET), pl.lit(one.column).alias("column"), _text(detail).alias("detail"))


def _drop(frame: pl.DataFrame, rule: Planned, drop: pl.Series, detail: pl.Expr | pl.Series | None) -> pl.DataFrame:
    rows = drop.arg_true().cast(pl.UInt32)
    if isinstance(detail, pl.Expr):
        said: pl.Series | pl.Expr = frame.filter(drop).with_columns(detail.alias("_detail"))["_detail"]
    else:
        said = pl.lit(None, pl.String) if detail is None else detail.filter(drop)
    nothing = pl.lit(None, pl.String).alias("column")
    return pl.DataFrame({"row": rows}).with_columns(*_same(rule, DROP), nothing, _text(said).alias("detail"))


def _text(detail: pl.Expr | pl.Series) -> pl.Expr:
    return pl.lit(detail) if isinstance(detail, pl.Series) else detail


def _same(rule: Planned, action: str) -> list[pl.Expr]:
    return [
        pl.lit(rule.label).alias("rule"),
        pl.lit(action).alias("action"),
        pl.lit(rule.place, pl.UInt16).alias(INDEX),
    ]


def _one_type(parts: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """The parts with one type a column, the last: a value set under an earlier type is told in the detail."""
    types = {c: part.schema[c] for part in parts for c in part.columns if c.startswith("=")}
    found = []
    for part in parts:
        for name in [c for c in part.columns if c.startswith("=") and part.schema[c] != types[c]]:
            said = pl.lit(f"{name[1:]}=") + pl.col(name).cast(pl.String).str.head(40)
            part = part.with_columns(
                _cast(name, part.schema[name], types[name]), pl.coalesce("detail", said).alias("detail")
            )
        found.append(part)
    return found


def _cast(name: str, old: pl.DataType, new: pl.DataType) -> pl.Expr:
    # Polars refuses to cast text to dates and to booleans, whatever the text.
    readable = not (old == pl.String and (new.is_temporal() or new == pl.Boolean))
    return (pl.col(name).cast(new, strict=False) if readable else pl.lit(None, new)).alias(name)
