"""What changed between two versions, record by record, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import polars as pl

from dsv.delta.columns import SchemaChange, schema_change
from dsv.delta.model import MODIFIED, MOVED, OPS, Cause, Counts, RecordDelta, bump
from dsv.lineage.causes import Causes
from dsv.ops import changed, sides
from dsv.ops.sides import Opened
from dsv.project.layout import Layout
from dsv.project.version import Version, find
from dsv.runner.compare import difference, explain
from dsv.runner.compare.side import SPLIT, Side


@dataclass(frozen=True)
class Transition:
    """How many records went from one label or split to another."""

    was: str | None
    now: str | None
    n: int


@dataclass(frozen=True)
class Diff:
    """The difference of two versions. Iterate `records()` for the changed records."""

    a: Version
    b: Version
    counts: Counts
    schema: SchemaChange
    columns: Mapping[str, int]
    labels: Sequence[Transition]
    splits: Sequence[Transition]
    causes: Sequence[tuple[Cause, Mapping[str, int]]]
    bump: str | None
    facts: Mapping[str, Mapping[str, Any]]
    rows: pl.DataFrame = field(repr=False)
    _sides: tuple[Side, Side] = field(repr=False, compare=False)
    _causes: Sequence[Cause] = field(repr=False, compare=False)

    def __bool__(self) -> bool:
        return self.rows.height > 0 or bool(self.schema)

    def records(
        self,
        *,
        limit: int | None = None,
        op: str | Sequence[str] = (),
        where: str | None = None,
        column: str | None = None,
        split: str | None = None,
    ) -> Iterator[RecordDelta]:
        """The changed records in arrival order, read in chunks: of these ops, in which this column changed, that are or were
        in this split, and for which `where` holds, an SQL expression over from_X, to_X and id. What no version knows is a UsageError."""
        ops = (op,) if isinstance(op, str) else tuple(op)
        rows = changed.choose(self.rows, (self.a, self.b), self._sides, changed.Choice(ops, where, column, split))
        return islice(changed.read(rows, self._sides, self._causes, where), limit)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both versions as they are read."""
        return self._sides

    def samples(self, each: int) -> Iterator[tuple[Cause, list[RecordDelta]]]:
        """So many records of each cause, causes in the order of `causes`."""
        nth = pl.int_range(pl.len()).over("cause")
        deltas = list(changed.read(self.rows.filter(nth < each), self._sides, self._causes))
        for cause, _ in self.causes:
            yield cause, [delta for delta in deltas if delta.cause is cause]

    def json(self) -> dict[str, Any]:
        """The value of `dsv.diff/v1`."""
        return {
            "from": self.facts["from"],
            "to": self.facts["to"],
            "schema": {
                "added": list(self.schema.added),
                "removed": list(self.schema.removed),
                "renamed": dict(self.schema.renamed),
                "retyped": {k: list(v) for k, v in self.schema.retyped.items()},
            },
            "records": self.counts._asdict(),
            "columns": dict(self.columns),
            "labels": [{"from": t.was, "to": t.now, "n": t.n} for t in self.labels],
            "splits": [{"from": t.was, "to": t.now, "n": t.n} for t in self.splits],
            "causes": [cause_json(cause) | dict(counts) for cause, counts in self.causes],
            "bump": self.bump,
        }


def cause_json(cause: Cause) -> dict[str, Any]:
    """A cause as JSON has it; `via` is there where it came through another record."""
    told = {"kind": cause.kind, "stage": cause.stage, "what": cause.what, "from": cause.was, "to": cause.now}
    return told | ({"via": cause_json(cause.via)} if cause.via else {})


def diff(layout: Layout, a: str = "HEAD", b: str = ".") -> Diff:
    """The difference from version `a` to version `b`."""
    return between(find(layout, a), find(layout, b))


def between(old: Version, new: Version) -> Diff:
    """The difference from one version to another."""
    before, after = Opened(old), Opened(new)
    a, b = before.side, after.side
    sides.ahead(old, a, difference.unlike(a, b))
    sides.ahead(new, b, difference.unlike(b, a))
    found = difference.compare(a, b)
    explained = explain.run(found, a, b, Causes(before.facts, after.facts), lambda: before.merging | after.merging)
    totals = [_total(version, side) for version, side in ((old, a), (new, b))]
    counts = _counts(explained.rows, totals[0])
    change = schema_change(_columns(old), _columns(new), found.renamed)
    broken = bool(change.removed or change.renamed or change.retyped)
    step = bump(counts, schema_broken=broken, schema_grown=bool(change.added), reserialised=old.outs != new.outs)
    label = sides.label_column(new)
    return Diff(
        old, new, counts, change, _column_counts(explained.rows),
        _transitions(explained.rows, a, b, label), _transitions(explained.rows, a, b, SPLIT),
        explain.tally(explained, OPS), step, {"from": _facts(old, a, totals[0]), "to": _facts(new, b, totals[1])},
        explained.rows, (a, b), explained.causes,
    )  # fmt: skip


def _total(version: Version, side: Side) -> int:
    report = version.report("audit") or {}
    records = report.get("dataset", {}).get("records")
    return int(records) if records is not None else sum(int(side.kept(shard).sum()) for shard in side.shards)


def _facts(version: Version, side: Side, total: int) -> dict[str, Any]:
    dataset = (version.report("audit") or {}).get("dataset", {})
    refused = sum(batch.counts.get("quarantined", 0) for source in side.ingested.sources for batch in source.batches)
    return {
        "rev": version.sha or version.rev,
        "root": dataset.get("root"),
        "records": total,
        "quarantined": refused,
    }


def _columns(version: Version) -> dict[str, str]:
    return dict((version.report("audit") or {}).get("dataset", {}).get("columns", {}))


def _counts(rows: pl.DataFrame, before: int) -> Counts:
    n = dict(rows.group_by("op").len().iter_rows())
    added, removed, modified, moved = (n.get(op, 0) for op in OPS)
    return Counts(added, removed, modified, moved, before - removed - modified - moved)


def _column_counts(rows: pl.DataFrame) -> dict[str, int]:
    named = rows.select(pl.col("columns").explode(empty_as_null=True)).drop_nulls()
    return dict(sorted(named.group_by("columns").len().iter_rows()))


def _transitions(rows: pl.DataFrame, a: Side, b: Side, column: str) -> list[Transition]:
    both = rows.filter(pl.col("op").is_in([MODIFIED, MOVED]) & pl.col("columns").list.contains(column))
    if both.is_empty():
        return []
    pair = []
    for key, side in (("a", a), ("b", b)):
        found = side.records(both.select(shard=f"{key}_shard", row=f"{key}_row"), [column])
        if column not in found.columns or found.schema[column].is_nested():
            return []
        pair.append(found[column].cast(pl.String))
    counted = pl.DataFrame({"was": pair[0], "now": pair[1]}).group_by("was", "now").len(name="n")
    ordered = counted.sort(["n", "was", "now"], descending=[True, False, False])
    return [Transition(*row) for row in ordered.iter_rows()]
