"""Merges the annotations of several people into one label a record, or one set of boxes an image.

Votes are counted, never ordered: a tie is broken by the declared rule alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
import polars as pl

from dsv import errors
from dsv.ledger import decisions as ledger
from dsv.ledger.decisions import DROP_COLUMN, Decisions
from dsv.record import digest
from dsv.stages import ballots, drawn
from dsv.stages.agreement import agreement, observe
from dsv.stages.base import ANNOTATIONS, ID, Decided, Needs, Prepared, Round, SourceFacts, View
from dsv.stages.drawn import BOXES
from dsv.stages.matching import fuse
from dsv.table import boxunits, types

NAME = "merge"
DOC = "Merges annotations into labels or boxes."
REVISION = 3
SCALE = 1000
TIE, FEW, NONE = "tie", "few", "none"


@dataclass(frozen=True)
class Annotators:
    """Who counts."""

    exclude: tuple[str, ...] = field(default=(), metadata={"doc": "annotators whose votes do not count"})
    reviewers: tuple[str, ...] = field(
        default=(), metadata={"doc": "experts: where one has annotated a record, nobody else's annotations count"}
    )


@dataclass(frozen=True)
class Params:
    """How annotations are merged."""

    method: Literal["majority", "weighted"] = field(default="majority", metadata={"doc": "weighted counts `weights`"})
    kind: Literal["label", "boxes"] = field(default="label", metadata={"doc": "what is annotated"})
    min_votes: int = field(default=1, metadata={"min": 1, "doc": "fewer votes leave the record undecided"})
    tie: Literal["queue", "first", "drop"] = field(
        default="queue", metadata={"doc": "queue: undecided; first: the smallest label"}
    )
    undecided: Literal["keep", "drop"] = field(
        default="keep", metadata={"doc": "what becomes of a record without label"}
    )
    weights: dict[str, float] = field(
        default_factory=dict, metadata={"min": 0.0, "doc": "annotator → weight, 1 for the others"}
    )
    annotators: Annotators = field(default_factory=Annotators)
    from_: tuple[str, ...] = field(default=(), metadata={"doc": "annotation sources; all when left out"})
    into: str | None = field(default=None, metadata={"doc": "the column; label or boxes when left out"})
    iou: float = field(
        default=0.5, metadata={"min": 0.0, "max": 1.0, "doc": "boxes: overlap from which two are the same"}
    )
    quorum: float = field(
        default=0.5, metadata={"min": 0.0, "max": 1.0, "doc": "boxes: share of annotators that must have seen one"}
    )
    coordinates: Literal["median", "mean"] = "median"

    @property
    def column(self) -> str:
        return self.into or self.kind


def rules(params: Params) -> Mapping[str, tuple[str, ...]]:
    """The rules: what leaves a record undecided and what drops it."""
    return {TIE: ("tie", "undecided"), FEW: ("min_votes", "undecided"), NONE: ("undecided",)}


def _used(params: Params, sources: Mapping[str, SourceFacts]) -> dict[str, SourceFacts]:
    found = {n: s for n, s in sources.items() if s.kind == ANNOTATIONS and (not params.from_ or n in params.from_)}
    for name in params.from_:
        if name not in found:
            raise errors.SectionError(f"from names {name!r}, which is no annotation source.")
    if not found:
        raise errors.SectionError(
            "from: there is no source of annotations to merge.",
            hint="dsv add PATH --source NAME --kind annotations --item COLUMN --annotator COLUMN --value COLUMN --of SOURCE",
        )
    return found


def annotated(params: Params, sources: Mapping[str, SourceFacts]) -> tuple[str, ...]:
    """The sources of annotations that are merged."""
    return tuple(_used(params, sources))


def assigned(params: Params) -> tuple[str, ...]:
    """The label or boxes, and what is told of them."""
    units = (boxunits.merged(params.column),) if params.kind == "boxes" else ()
    return (params.column, *units, "_votes", "_agree", "_state")


def needs(params: Params, sources: Mapping[str, SourceFacts]) -> Needs:
    """Ids of records; item, annotator and value of annotations; of boxes their unit, and the size of their pictures."""
    columns = {c for s in _used(params, sources).values() for c in (s.item, s.annotator, s.value) if c}
    if params.kind == "boxes":
        return Needs((ID,), tuple(sorted({*columns, boxunits.UNITS})), (*boxunits.SIZE, boxunits.UNITS))
    return Needs((ID,), tuple(sorted(columns)) or (ID,))


def prepare(view: View, params: Params) -> Prepared:
    """Narrow: the hash of the record's id on both sides; annotator and value of annotations."""
    used = _used(params, view.sources)
    if view.source.kind != ANNOTATIONS:
        stem = any(s.match == "stem" for s in used.values() if s.of == view.source.name)
        ids = view.frame[ID]
        if stem:
            ids = pl.Series([f"{view.source.name}/{PurePosixPath(i).stem}" for i in ids.to_list()], dtype=pl.String)
        found = digest.halves(digest.hash128(ids))
        if params.kind == "boxes":
            found = found.with_columns(*drawn.sizes(view.frame), *drawn.told(view.frame, drawn.OWN))
        return Prepared(found, pl.DataFrame())
    if view.source.name not in used:
        return Prepared(pl.DataFrame(), pl.DataFrame())
    return Prepared(_votes(view.source, view.frame, params), pl.DataFrame())


def _votes(source: SourceFacts, frame: pl.DataFrame, params: Params) -> pl.DataFrame:
    if source.item is None or source.of is None or source.value is None:
        raise errors.DsvError(f"sources.{source.name} needs item, of and value to be merged.", hint="edit params.yaml")
    nothing = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    items = (frame[source.item] if source.item in frame.columns else nothing).cast(pl.String).fill_null("")
    if source.match == "stem":
        items = pl.Series([PurePosixPath(i).stem for i in items.to_list()], dtype=pl.String)
    value = frame[source.value] if source.value in frame.columns else nothing
    if params.kind == "label" and value.dtype != pl.String:
        if value.dtype.is_nested():
            raise errors.DsvError(
                f"sources.{source.name}.value is {types.called(value.dtype)}; merging labels needs plain values.", hint="kind: boxes"
            )
        value = value.cast(pl.String)
    who = (
        frame[source.annotator].cast(pl.String)
        if source.annotator in frame.columns
        else pl.Series([source.annotator_name or source.name] * frame.height)
    )
    keys = _hashed(source.of, items)
    found = keys.with_columns(value.alias("value"), *(drawn.told(frame, drawn.UNIT) if params.kind == "boxes" else ()))
    return found.with_columns(who.fill_null("").alias("who")) if _needs_who(params) else found


def _needs_who(params: Params) -> bool:
    who = params.annotators
    return params.kind == "boxes" or params.method == "weighted" or bool(who.exclude or who.reviewers)


def _hashed(of: str, items: pl.Series) -> pl.DataFrame:
    """The hash of each record's id. Votes about a record mostly follow each other: it is hashed once for all of them."""
    new = items.ne_missing(items.shift(1)).to_numpy(writable=True)
    new[:1] = True
    both = digest.words(digest.hash128(of + "/" + items.filter(pl.Series(new))))
    return digest.split(both[np.cumsum(new) - 1])


def rounds(params: Params) -> tuple[Round, ...]:
    """One round: all votes about a record meet it."""
    if params.kind == "boxes":
        return (Round("votes", ("hi", "lo"), _boxes),)
    return (Round("votes", ("hi", "lo"), _labels, ("value", *(("who",) if _needs_who(params) else ()))),)


def _sides(rows: pl.DataFrame, params: Params) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All records, and the votes that count, wherever they point.

    A record that is gone is labelled as if it were not, so that labels are not stored again when another rule drops it;
    figures speak of those alive.
    """
    said = [name for name in (*drawn.SIZE, drawn.OWN) if name in rows.columns]
    records = rows.filter(~pl.col("annotation")).select("shard", "row", "hi", "lo", "alive", *said)
    if "value" not in rows.columns:
        return records, pl.DataFrame(schema={"hi": pl.UInt64, "lo": pl.UInt64, "value": pl.String, "who": pl.String})
    counts = pl.col("annotation") & pl.col("alive") & pl.col("value").is_not_null()
    if params.annotators.exclude:
        counts = counts & ~pl.col("who").is_in(list(params.annotators.exclude))
    votes = rows.filter(counts).select("hi", "lo", "value", *(name for name in ("who", drawn.UNIT) if name in rows.columns))
    if not params.annotators.reviewers:
        return records, votes
    decided = votes.filter(pl.col("who").is_in(list(params.annotators.reviewers)))
    keys = decided.select("hi", "lo").unique(maintain_order=True)
    records = records.join(keys.with_columns(reviewed=pl.lit(True)), on=["hi", "lo"], how="left", maintain_order="left")
    return records, pl.concat([votes.join(keys, on=["hi", "lo"], how="anti", maintain_order="left"), decided])


def _labels(rows: pl.DataFrame, params: Params) -> Decided:
    records, votes = _sides(rows, params)
    counted = ballots.count(records, votes, _weight(params))
    found = records.select("shard", "row", "alive").with_columns(
        n=pl.Series(counted.votes),
        first=pl.Series(counted.first),
        second=pl.Series(counted.second),
        whole=pl.Series(counted.weight),
        top=counted.top,
    )
    tied = (pl.col("first") == pl.col("second")) & pl.lit(params.tie != "first")
    state = (
        pl.when(pl.col("n") == 0).then(pl.lit(NONE))
        .when((pl.col("n") < params.min_votes) & ~_reviewed(records)).then(pl.lit(FEW))
        .when(tied).then(pl.lit(TIE))
    )  # fmt: skip
    percent = (pl.col("first") * 100 + pl.col("whole") // 2) // pl.max_horizontal(pl.col("whole"), 1)
    found = found.with_columns(_state=state)
    decided = found.select(
        "shard", "row",
        pl.when(pl.col("_state").is_null()).then(pl.col("top")).alias(params.column),
        pl.col("n").cast(pl.UInt16).alias("_votes"),
        pl.when(pl.col("n") > 0).then(percent).cast(pl.UInt8).alias("_agree"),
        "_state",
        _rule(params).alias("rule"),
    )  # fmt: skip
    states = {
        f"state\x1f{s}": n for s, n in found.filter("alive")["_state"].value_counts().iter_rows() if s is not None
    }
    return Decided(decided, {"orphans": counted.orphans, **states, **observe(counted)})


def _reviewed(records: pl.DataFrame) -> pl.Series:
    """Which records a reviewer has annotated: one such annotation is enough."""
    known = "reviewed" in records.columns
    return records["reviewed"].fill_null(False) if known else pl.repeat(False, records.height, eager=True)


def _weight(params: Params) -> pl.Expr | None:
    """What a vote weighs, in thousandths; None where all weigh the same."""
    if params.method != "weighted":
        return None
    table = {who: round(w * SCALE) for who, w in params.weights.items()}
    return pl.col("who").replace_strict(table, default=SCALE, return_dtype=pl.Int64)


def _rule(params: Params) -> pl.Expr:
    """The rule that drops an undecided record, where the params say so."""
    drop = pl.lit(params.undecided == "drop")
    return pl.when(drop | (pl.lit(params.tie == "drop") & (pl.col("_state") == TIE))).then(pl.col("_state"))


def _boxes(rows: pl.DataFrame, params: Params) -> Decided:
    records, votes = _sides(rows, params)
    if "value" in rows.columns and votes.height:
        drawn.check(votes["value"])
        votes = votes.with_columns(drawn.named(votes["value"]))
    grouped = votes.sort("who").group_by("hi", "lo", maintain_order=True).agg(pl.exclude("hi", "lo")) if votes.height else None
    if grouped is None:
        found = records.with_columns(value=pl.lit(None), who=pl.lit(None, pl.List(pl.String)))
    else:
        found = records.join(grouped, on=["hi", "lo"], how="left", maintain_order="left")
    stats = {"orphans": 0 if grouped is None else grouped.join(records, on=["hi", "lo"], how="anti").height}
    fused, seen, states, units, several = [], [], [], [], 0
    told = drawn.complete(found).with_columns(reviewed=_reviewed(found))
    for one in told.iter_rows(named=True):
        who = one["who"] or ()
        n = len(set(who))
        state = NONE if n == 0 else FEW if n < params.min_votes and not one["reviewed"] else None
        reads = list(zip(who, one["value"] or (), one[drawn.UNIT] or [None] * len(who), strict=True))
        boxes = None if state else drawn.in_one_unit(reads, *(one[name] for name in drawn.SIZE))
        several += boxes is None and state is None and one["alive"]
        counted = stats if one["alive"] else {}
        fused.append(boxes and fuse(boxes.reads, params.iou, params.quorum, params.coordinates, counted, decimals=boxes.decimals))
        units.append(None if boxes is None else drawn.unit(boxes, one[drawn.OWN]))
        seen.append(n)
        states.append(state)
    drawn.refuse(several)
    decided = found.select("shard", "row").with_columns(
        pl.Series(params.column, fused, dtype=BOXES),
        pl.Series(boxunits.merged(params.column), units, dtype=pl.String),
        pl.Series("_votes", seen, dtype=pl.UInt16),
        pl.Series("_state", states, dtype=pl.String),
    )
    for state in (NONE, FEW):
        stats[f"state\x1f{state}"] = sum(s == state for s, alive in zip(states, found["alive"], strict=True) if alive)
    return Decided(decided.with_columns(_rule(params).alias("rule")), stats)


def emit(local: pl.DataFrame, decided: pl.DataFrame, rows: int, params: Params) -> Decisions | None:
    """Dense: the label or boxes, votes, agreement in percent, and why a record is undecided."""
    units = boxunits.merged(params.column)
    told = units in decided.columns and decided[units].null_count() < decided.height
    names = [params.column, *([units] if told else ()), "_votes", "_agree", "_state", "rule"]
    if decided.height:
        table = ledger.aligned(decided.select("row", *[n for n in names if n in decided.columns]), rows)
    else:
        kind = BOXES if params.kind == "boxes" else pl.String
        empty = {params.column: kind, "_state": pl.String, "rule": pl.String}
        table = pl.DataFrame([pl.repeat(None, rows, dtype=t, eager=True).alias(n) for n, t in empty.items()])
    return Decisions(table.rename({"rule": DROP_COLUMN}), dense=True)


def summary(stats: Mapping[str, int], params: Params) -> Mapping[str, Any]:
    """States, annotations of unknown records, and agreement."""
    states = {name.partition("\x1f")[2]: n for name, n in sorted(stats.items()) if name.startswith("state\x1f") and n}
    return {"undecided": states, "orphans": stats.get("orphans", 0), **agreement(stats), **_overlap(stats)}


def _overlap(stats: Mapping[str, int]) -> dict[str, Any]:
    """Of records with several annotators: their boxes, how many were matched with one of an earlier annotator, and the mean overlap of these."""
    if "boxes" not in stats:
        return {}
    matched = stats.get("matched", 0)
    return {"boxes": stats["boxes"], "boxes_matched": matched, "mean_iou": round(stats["iou"] / matched / 10_000, 6) if matched else None}
