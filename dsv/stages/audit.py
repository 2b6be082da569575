"""Describes the data set: counts by class, group and split, and an exact check for leakage between splits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dsv.ledger.decisions import Decisions
from dsv.record import canonical, digest
from dsv.stages.base import ID, Decided, Named, Needs, Prepared, Round, SourceFacts, View

NAME = "audit"
DOC = "Counts classes, groups and splits, and checks for leakage."
REVISION = 2
DESCRIBES = True
SPLIT = "split"


@dataclass(frozen=True)
class Params:
    """What is counted."""

    groups: tuple[str, ...] = field(default=(), metadata={"doc": "columns whose values are counted per split"})
    label: str = field(default="label", metadata={"doc": "the column of the class"})


def rules(params: Params) -> Mapping[str, tuple[str, ...]]:
    """No rule drops a record."""
    return {}


def needs(params: Params, sources: Mapping[str, SourceFacts]) -> Needs:
    """Every column: equal records in two splits are leakage."""
    return Needs(None)


def columns(params: Params) -> tuple[Named, ...]:
    """The columns that the params name; the label that is taken for granted need not be there."""
    groups = [Named(("groups", i), name) for i, name in enumerate(params.groups)]
    return (*([] if params.label == Params.label else [Named(("label",), params.label)]), *groups)


def assigned(params: Params) -> tuple[str, ...]:
    """None: nothing is decided."""
    return ()


def prepare(view: View, params: Params) -> Prepared:
    """Narrow: class, groups, split as text, and the hash of the content without the assigned columns."""
    frame = view.frame
    columns = [_text(frame, params.label).alias("class"), _text(frame, SPLIT).alias("split")]
    columns += [_text(frame, name).alias(f"group {name}") for name in params.groups]
    # What names a record tells nothing about whether two are the same.
    content = [c for c in frame.columns if c not in (SPLIT, ID, *view.source.key)]
    hashes = (
        digest.halves(digest.hash128(canonical.rows(frame, content)))
        if frame.height
        else pl.DataFrame(schema={"hi": pl.UInt64, "lo": pl.UInt64})
    )
    return Prepared(hashes.with_columns(columns), pl.DataFrame())


def _text(frame: pl.DataFrame, name: str) -> pl.Series:
    if name not in frame.columns:
        return pl.Series(name, [None] * frame.height, dtype=pl.String)
    if not frame.schema[name].is_nested():
        return frame[name].cast(pl.String)
    # Boxes: their labels are counted one by one in `boxes`; as a class they have none.
    return pl.Series(name, [None] * frame.height, dtype=pl.String)


def rounds(params: Params) -> tuple[Round, ...]:
    """One round: equal contents meet."""
    return (Round("count", ("hi", "lo"), _count),)


def _count(rows: pl.DataFrame, params: Params) -> Decided:
    rows = rows.filter("alive")
    stats: dict[str, int] = {"records": rows.height}
    for name in ("class", "split", *(f"group {g}" for g in params.groups)):
        for value, n in rows.drop_nulls(name).group_by(name).len().iter_rows():
            stats[f"{name}\x1f{value}"] = n
        if name != "split":
            for split, value, n in rows.drop_nulls([name, "split"]).group_by("split", name).len().iter_rows():
                stats[f"{name} by split\x1f{split}\x1f{value}"] = n
    spread = (
        rows.drop_nulls("split")
        .filter(pl.col("hi").is_duplicated())
        .group_by("hi", "lo")
        .agg(pl.col("split").n_unique().alias("splits"), pl.len().alias("n"))
        .filter(pl.col("splits") > 1)
    )
    stats["leaking"] = int(spread["n"].sum()) if spread.height else 0
    return Decided(pl.DataFrame(), stats)


def emit(local: pl.DataFrame, decided: pl.DataFrame, rows: int, params: Params) -> Decisions | None:
    """Nothing is decided."""
    return None


def summary(stats: Mapping[str, int], params: Params) -> Mapping[str, Any]:
    """The tables, with names in order."""
    tables: dict[str, Any] = {
        "classes": {},
        "splits": {},
        "groups": {g: {} for g in params.groups},
        "classes_by_split": {},
        "groups_by_split": {g: {} for g in params.groups},
    }
    for name, n in sorted(stats.items()):
        kind, *path = name.split("\x1f")
        if kind == "class":
            tables["classes"][path[0]] = n
        elif kind == "split":
            tables["splits"][path[0]] = n
        elif kind == "class by split":
            tables["classes_by_split"].setdefault(path[0], {})[path[1]] = n
        elif kind.startswith("group ") and kind.endswith(" by split"):
            tables["groups_by_split"][kind[6:-9]].setdefault(path[0], {})[path[1]] = n
        elif kind.startswith("group "):
            tables["groups"][kind[6:]][path[0]] = n
    return {**tables, "leakage": {"records_equal_across_splits": stats.get("leaking", 0)}}
