"""The life of one record in a version: where it came from, what each stage decided, what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from dsv import errors
from dsv.engines.local import in_threads
from dsv.ledger import decisions as ledger
from dsv.lineage.causes import FOLDED
from dsv.lineage.facts import value
from dsv.ops.sides import Opened, label_column
from dsv.project.layout import INGEST, ORIGIN, QUARANTINE, Layout
from dsv.project.manifest import Shard
from dsv.project.version import find
from dsv.record import identity
from dsv.record.problem import closest
from dsv.runner.compare import locate
from dsv.runner.compare.side import Side
from dsv.runner.shards import read
from dsv.table import shard as shard_file
from dsv.table.where import mask

FIND = "dsv why --find EXPR, as in --find \"id LIKE '%7'\""
KEPT, DROPPED, QUARANTINED = "kept", "dropped", "quarantined"
RAW = ("data", "raw")


class Step(NamedTuple):
    """What one stage decided about the record; `params` are those of the rule as params.yaml has them."""

    stage: str
    rule: str | None
    action: str
    partner: str | None
    detail: str | None
    params: Any = None


class Trace(NamedTuple):
    """One copy of the record (a replaced one is a copy of its own) and its way."""

    id: str
    source: str
    batch: str
    file: str
    row: int
    state: str
    split: str | None
    label: str | None
    steps: list[Step]
    values: dict[str, Any]
    earlier: tuple[Trace, ...] = ()

    def json(self) -> dict[str, Any]:
        """The value of `dsv.why/v1`."""
        earlier = [copy.json() for copy in self.earlier]
        return self._asdict() | {"steps": [step._asdict() for step in self.steps], "earlier": earlier}


def why(layout: Layout, id: str, rev: str = ".") -> Trace:  # noqa: A002
    """The life of a record: of the copy that the deliveries left, or the last one; the others are in `earlier`, in arrival order.

    `id` may be the path of a media file in the project, too.
    """
    opened = Opened(find(layout, rev))
    record = named(layout, id)
    copies = traces(opened, record) or _refused(opened.side, record) or _unknown(opened.side, record, rev)
    live = next((copy for copy in copies if copy.state not in FOLDED.values()), copies[-1])
    return live._replace(earlier=tuple(copy for copy in copies if copy is not live))


def traces(opened: Opened, record: str) -> list[Trace]:
    """All copies of the record in arrival order; none where the version never had it, or refused it."""
    copies = locate.copies(opened.side, locate.hashed([record]))
    # Each copy is read from files of its own.
    return in_threads(lambda copy: trace(opened, opened.side.shards[copy[0]], copy[1], record), copies)


def named(layout: Layout, record: str) -> str:
    """The id that a path below data/raw/SOURCE/BATCH names; anything else is an id."""
    path = Path(record) if Path(record).is_absolute() else layout.root / record
    parts = path.relative_to(layout.root).parts if path.is_relative_to(layout.root) else ()
    return f"{parts[2]}/{'/'.join(parts[4:])}" if parts[:2] == RAW and len(parts) > 4 else record


def trace(opened: Opened, shard: Shard, row: int, record: str) -> Trace:
    """The way of one base row."""
    side = opened.side
    origin = side.files.open(ORIGIN, shard.relative)
    where: dict[str, Any] = {"file": "", "row": 0}
    if origin is not None:
        where = shard_file.read(origin, what="origin").row(row, named=True)
    steps: list[Step] = []
    frame = read.base(side.files, shard, None).slice(row, 1)
    # What a dense table says of a record that is gone is what it would have been assigned.
    kept = True
    for number, stage in enumerate(side.stages):
        found = read.decisions(side.files, stage, shard) if side.digest(stage, shard) else None
        if found is not None:
            found = ledger.about(found, row)
            frame = ledger.overlay(frame, found)
            told = _dense(stage, found) if found.dense else _sparse(stage, found)
            steps += [_with_params(opened, step) for step in told if kept or step.action not in ("changed", "assigned")]
            kept = bool(side.kept(shard, number + 1)[row])
    values = frame.row(0, named=True)
    split, label = (str(values[name]) if kept and values.get(name) is not None else None for name in ("split", label_column(opened.version)))
    return Trace(
        record, shard.source, shard.batch, where["file"], where["row"], _state(kept, steps), split, label, steps, values
    )  # fmt: skip


def _state(kept: bool, steps: list[Step]) -> str:
    """Kept, dropped, or what a later delivery did to the row."""
    if kept:
        return KEPT
    last = next(step for step in reversed(steps) if step.action == DROPPED)
    return FOLDED.get(last.rule or "", DROPPED) if last.stage == INGEST else DROPPED


def _with_params(opened: Opened, step: Step) -> Step:
    if step.rule is None or step.stage == INGEST:
        return step
    facts = opened.facts.stages.get(step.stage)
    paths = facts.rules.get(step.rule, ()) if facts is not None else ()
    return step._replace(params=value(facts.written, paths[0])) if facts is not None and paths else step


def _sparse(stage: str, found: ledger.Decisions) -> list[Step]:
    steps = []
    for entry in found.table.iter_rows(named=True):
        action = {"drop": DROPPED, "keep": "taken back", "set": "changed"}[entry["action"]]
        detail = _set(entry) if entry["action"] == "set" else entry["detail"]
        steps.append(Step(stage, entry["rule"], action, entry["partner"], detail))
    return steps


def _set(entry: dict[str, Any]) -> str:
    name = entry["column"]
    value = entry["=" + name]
    text = f"{name} = {len(value)} elements" if isinstance(value, list) else f"{name} = {value!r}"
    return f"{text} ({entry['detail']})" if entry["detail"] else text


def _dense(stage: str, found: ledger.Decisions) -> list[Step]:
    values = found.table.row(0, named=True)
    dropped = values.get(ledger.DROP_COLUMN)
    if dropped is not None:
        return [Step(stage, dropped, DROPPED, None, None)]
    told = ", ".join(
        f"{name.lstrip('_')} = {value}"
        for name, value in values.items()
        if value is not None and not isinstance(value, list)
    )
    return [Step(stage, None, "assigned", None, told)] if told else []


def _refused(side: Side, record: str) -> list[Trace]:
    """Rows in quarantine in which the key stands: such a row has no id, for it could not be read."""
    source, _, key = record.partition("/")
    batches = [batch for of in side.ingested.sources if of.name == source for batch in of.batches]
    found = []
    for batch in batches:
        if not batch.counts.get("quarantined") or not key:
            continue
        data = side.files.open(QUARANTINE, f"{source}/{batch.name}.parquet")
        if data is None:
            continue
        for bad in shard_file.read(data, what="quarantine").iter_rows(named=True):
            if _stands(key, bad["raw"] or b"") or key == bad["file"]:
                step = Step(INGEST, bad["rule"], QUARANTINED, None, bad["reason"])
                found.append(Trace(record, source, batch.name, bad["file"], bad["row"] or 0, QUARANTINED, None, None, [step], {}))  # fmt: skip
    return found


def _stands(key: str, raw: bytes) -> bool:
    """Whether the parts of a key stand in a raw row as whole words."""
    text = raw.decode(errors="replace")
    words = {word.strip("\"' \r\n\t{}[]") for piece in text.split(",") for word in (piece, piece.partition(":")[2], *piece.split("\t"))}
    return all(part in words for part in key.split("/"))


def _unknown(side: Side, record: str, rev: str) -> list[Trace]:
    source = record.partition("/")[0]
    known = {s.name: s for s in side.ingested.sources}
    place = "the workspace" if rev == "." else rev
    if source not in known:
        near = closest(source, known)
        raise errors.DsvError(
            f"No record {record} in {place}: there is no source {source!r}; there are {', '.join(known)}.",
            hint=f"dsv why {near}/…" if near else FIND,
        )
    near_ids = _near(side, record)
    refused = sum(b.counts.get("quarantined", 0) for b in known[source].batches)
    more = f" {refused} rows of {source} are in quarantine ({QUARANTINE}/{source}/)." if refused else ""
    raise errors.DsvError(
        f"No record {record} in {place}.{more}", hint=f"near ids: {', '.join(near_ids)}" if near_ids else FIND
    )


def _near(side: Side, record: str, count: int = 3) -> list[str]:
    source, _, key = record.partition("/")
    names: list[str] = []
    for shard in side.shards:
        if shard.source == source and shard.key != (identity.CONTENT_KEY,):
            ids = read.ids(side.files, shard)
            names += ids.filter(ids.str.contains(key[: max(1, len(key) - 1)], literal=True)).head(count).to_list()
        if len(names) >= count:
            break
    return names[:count]


class Match(NamedTuple):
    """A record that an expression finds: its id and whether it is kept."""

    id: str
    state: str


def matches(layout: Layout, where: str, rev: str = ".") -> Iterator[Match]:
    """The records, kept or not, for which an SQL expression over their columns and `id` holds, in arrival order."""
    side = Opened(find(layout, rev)).side
    for index, shard in enumerate(side.shards):
        live = side.kept(shard, 1)
        rows = pl.Series(live.nonzero()[0], dtype=pl.UInt32)
        at = pl.DataFrame({"shard": pl.repeat(index, len(rows), dtype=pl.UInt32, eager=True), "row": rows})
        frame = side.records(at) if at.height else pl.DataFrame()
        absent = [pl.lit(None).alias(name) for name in side.columns if name not in frame.columns]
        ids = read.ids(side.files, shard).gather(rows)
        states = pl.Series(side.kept(shard)).gather(rows)
        full = frame.with_columns(ids.alias("id"), states.alias("_kept"), *absent)
        for record, kept in full.filter(mask(where, full)).select("id", "_kept").iter_rows():
            yield Match(record, KEPT if kept else DROPPED)
