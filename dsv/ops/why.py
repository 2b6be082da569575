"""The life of one record in a version: where it came from, what each stage decided, what became of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from dsv import errors
from dsv.ledger import decisions as ledger
from dsv.ops import sides
from dsv.project.layout import ORIGIN, QUARANTINE, Layout
from dsv.project.manifest import Shard
from dsv.project.version import find
from dsv.record import identity
from dsv.runner import read
from dsv.runner.side import Side
from dsv.table import shard as shard_file


class Step(NamedTuple):
    """What one stage decided about the record."""

    stage: str
    rule: str | None
    action: str
    partner: str | None
    detail: str | None


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

    def json(self) -> dict[str, Any]:
        return self._asdict() | {"steps": [step._asdict() for step in self.steps]}


def why(layout: Layout, record: str, rev: str = ".") -> list[Trace]:
    """All copies of the record in arrival order; the last kept one, if any, is what the data set has."""
    side = sides.side(find(layout, rev))
    source = record.partition("/")[0]
    found = [
        _trace(side, shard, row, record)
        for shard in side.shards
        if shard.source == source
        for row in _rows(side, shard, record)
    ]
    return found or _refused(side, record, rev)


def _rows(side: Side, shard: Shard, record: str) -> list[int]:
    ids = read.ids(side.files, shard)
    return (ids == record).arg_true().to_list()


def _trace(side: Side, shard: Shard, row: int, record: str) -> Trace:
    origin = side.files.open(ORIGIN, shard.relative)
    where: dict[str, Any] = {"file": "", "row": 0}
    if origin is not None:
        where = shard_file.read(origin, what="origin").row(row, named=True)
    steps: list[Step] = []
    # What a dense table says of a record that is gone is what it would have been assigned.
    kept_now = pl.repeat(True, shard.rows, dtype=pl.Boolean, eager=True)
    for stage in side.stages:
        if shard.relative in side.manifests[stage].shards:
            found = read.decisions(side.files, stage, shard)
            if found is None:
                continue
            if not found.dense:
                steps += [s for s in _sparse(stage, found, row) if kept_now[row] or s.action != "changed"]
            elif kept_now[row]:
                steps += _dense(stage, found, row)
            kept_now = ledger.kept(found, shard.rows, kept_now)
    state = side.state(shard)
    at = pl.DataFrame({"shard": [side.index[shard.relative]], "row": [row]})
    values = side.records(at).row(0, named=True)
    kept = bool(state.kept[row])
    split, label = (str(values[name]) if kept and values.get(name) is not None else None for name in ("split", "label"))
    return Trace(
        record,
        shard.source,
        shard.batch,
        where["file"],
        where["row"],
        "kept" if kept else "dropped",
        split,
        label,
        steps,
        values,
    )


def _sparse(stage: str, found: ledger.Decisions, row: int) -> list[Step]:
    steps = []
    for entry in found.table.filter(row=row).iter_rows(named=True):
        action = {"drop": "dropped", "keep": "taken back", "set": "changed"}[entry["action"]]
        detail = _set(entry) if entry["action"] == "set" else entry["detail"]
        steps.append(Step(stage, entry["rule"], action, entry["partner"], detail))
    return steps


def _set(entry: dict[str, Any]) -> str:
    name = entry["column"]
    value = entry["=" + name]
    text = f"{name} = {len(value)} elements" if isinstance(value, list) else f"{name} = {value!r}"
    return f"{text} ({entry['detail']})" if entry["detail"] else text


def _dense(stage: str, found: ledger.Decisions, row: int) -> list[Step]:
    values = found.table.row(row, named=True)
    dropped = values.get(ledger.DROP_COLUMN)
    if dropped is not None:
        return [Step(stage, dropped, "dropped", None, None)]
    told = ", ".join(
        f"{name.lstrip('_')} = {value}"
        for name, value in values.items()
        if value is not None and not isinstance(value, list)
    )
    return [Step(stage, None, "assigned", None, told)] if told else []


def _refused(side: Side, record: str, rev: str) -> list[Trace]:
    """A record that could not be read is in quarantine; else the id is unknown, and near ones are named."""
    source = record.partition("/")[0]
    known = {s.name: s for s in side.ingested.sources}
    if source not in known:
        raise errors.DsvError(
            f"No record {record} in {_place(rev)}: there is no source {source!r}; there are {', '.join(known)}."
        )
    near = _near(side, record)
    refused = sum(b.counts.get("quarantined", 0) for b in known[source].batches)
    more = f" {refused} rows of {source} are in quarantine ({QUARANTINE}/{source}/)." if refused else ""
    raise errors.DsvError(
        f"No record {record} in {_place(rev)}.{more}", hint=f"near ids: {', '.join(near)}" if near else None
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


def _place(rev: str) -> str:
    return "the workspace" if rev == "." else rev
