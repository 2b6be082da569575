"""The contract of a stage (docs/stages.md tells it in prose).

A stage is a module with the attributes of `Stage`. Work is cut in three, so that a new batch costs the batch:

    prepare(view, params)   per shard, wide, cached: reused while shard, upstream values, params and REVISION are unchanged
    rounds(params)          global, narrow: each round sees all rows that share a key (all rows when it has none)
    emit(…)                 per shard: decisions aligned with the base shard

All three are pure. What `prepare` returns must not depend on which rows are kept: that is known to rounds only (column `alive`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import polars as pl

from dsv.ledger.decisions import Decisions

RECORDS, ANNOTATIONS = "records", "annotations"
ID = "_id"


class SourceFacts(NamedTuple):
    """What a stage may know of a source: how its annotations name records, and which columns name its own."""

    name: str
    kind: str
    of: str | None = None
    item: str | None = None
    annotator: str | None = None
    annotator_name: str | None = None
    value: str | None = None
    match: str = "exact"
    key: tuple[str, ...] = ()


class View(NamedTuple):
    """One shard as a stage sees it: all base rows in arrival order, with the values that earlier stages set."""

    source: SourceFacts
    frame: pl.DataFrame
    sources: Mapping[str, SourceFacts]


class Prepared(NamedTuple):
    """`narrow`: no row or one per base row, for the rounds. `local`: what the shard alone decides, for emit."""

    narrow: pl.DataFrame
    local: pl.DataFrame


class Decided(NamedTuple):
    """What a round decided. `rows` has `shard`, `row` and the round's columns; a dropped record has a non-null `rule`
    and, where there is one, `partner_shard` and `partner_row`. `stats` are integer sums over keys, added up over
    partitions; `summary` gets those that are not zero."""

    rows: pl.DataFrame
    stats: Mapping[str, int] = {}


class Round(NamedTuple):
    """A narrow global step. `key` are unsigned 64-bit columns of narrow; `decide` gets the rows of some keys, all rows
    of each, in arrival order, with `shard`, `row`, `annotation`, `alive` (kept by earlier stages and rounds)."""

    name: str
    key: tuple[str, ...]
    decide: Callable[[pl.DataFrame, Any], Decided]
    columns: tuple[str, ...] | None = None


class Needs(NamedTuple):
    """Columns wanted of record and of annotation shards: None = all, () = the kind is not read. `_id` asks for ids.

    A column of `records` that no record has is refused; one of `optional` is read of the records where it is there.
    """

    records: tuple[str, ...] | None
    annotations: tuple[str, ...] | None = ()
    optional: tuple[str, ...] = ()


class Named(NamedTuple):
    """A column that params name: where, from the section on, and which."""

    path: tuple[str | int, ...]
    column: str


class Stage(Protocol):
    """What a stage module offers. It may also tell, so that wrong names are refused before a delivery is read:

    columns(params)             `Named` columns of records, each of which some record must have
    assigned(params)            the columns that its decisions may bring
    annotated(params, sources)  the names of the annotation sources whose columns it reads
    """

    NAME: str
    DOC: str
    REVISION: int
    Params: type[Any]

    def rules(self, params: Any) -> Mapping[str, tuple[str, ...]]:
        """Every rule of this instance and the params (paths relative to the section) it depends on."""

    def needs(self, params: Any, sources: Mapping[str, SourceFacts]) -> Needs:
        """The columns that `prepare` reads."""

    def prepare(self, view: View, params: Any) -> Prepared:
        """What one shard contributes."""

    def rounds(self, params: Any) -> tuple[Round, ...]:
        """The global steps, in order."""

    def emit(self, local: pl.DataFrame, decided: pl.DataFrame, rows: int, params: Any) -> Decisions | None:
        """The decisions about one shard of `rows` rows; `decided` holds its rows of all rounds, with `partner` as id."""

    def summary(self, stats: Mapping[str, int], params: Any) -> Mapping[str, Any]:
        """Figures for the report beside the counts that every stage gets; floats rounded."""
