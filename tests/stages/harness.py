"""Runs one stage over frames in memory the way the runner does: prepare per shard, rounds with `alive`, emit, overlay.

    ran = run(clean, {"rules": [{"missing": ["text"]}]}, [shard(frame), shard(more)])
    ran.kept, ran.drops, ran.values

What is checked on the way, for every stage: narrow has no row or one a base row; both frames survive a file; rounds
survive a trip to another process; dropped rows name a declared rule.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from dsv.ledger import decisions as ledger
from dsv.ledger.decisions import DROP, DROP_COLUMN, SET, Decisions
from dsv.ops.load import whole
from dsv.record import schema
from dsv.stages.base import ANNOTATIONS, ID, RECORDS, Needs, Prepared, Round, SourceFacts, View


class Shard(NamedTuple):
    """Base rows of one shard. `alive`: kept by earlier stages, all when None. `_id` names a row, else s/0, s/1 …."""

    frame: pl.DataFrame
    source: str = "s"
    kind: str = RECORDS
    batch: int = 0
    alive: Sequence[bool] | None = None


class Ran(NamedTuple):
    """What a stage did. Lists are aligned with the record shards; `stats` are the summed figures of the rounds."""

    decisions: list[Decisions | None]
    alive: list[pl.Series]
    base: list[pl.DataFrame]
    stats: dict[str, int]

    @property
    def frames(self) -> list[pl.DataFrame]:
        """All records, with the values set."""
        pairs = zip(self.base, self.decisions, strict=True)
        return [frame if decisions is None else ledger.overlay(frame, decisions) for frame, decisions in pairs]

    @property
    def kept(self) -> list[str]:
        """Ids of the records kept, in arrival order."""
        return [i for frame, alive in zip(self.base, self.alive, strict=True) for i in frame.filter(alive)[ID]]

    @property
    def values(self) -> pl.DataFrame:
        """The records kept, with the values set, in arrival order."""
        parts = [frame.filter(alive) for frame, alive in zip(self.frames, self.alive, strict=True)]
        return whole(parts)

    @property
    def drops(self) -> dict[str, tuple[str, str | None]]:
        """id -> (rule, id of the partner) of the records dropped."""
        return {i: (row["rule"], row["partner"]) for i, row in self._rows(DROP)}

    @property
    def details(self) -> dict[str, str]:
        """id -> detail of the records dropped."""
        return {i: row["detail"] for i, row in self._rows(DROP)}

    @property
    def sets(self) -> list[tuple[str, str, str, Any]]:
        """(id, rule, column, value) of every value set, in order."""
        return [(i, row["rule"], row["column"], row[f"={row['column']}"]) for i, row in self._rows(SET)]

    def _rows(self, action: str) -> list[tuple[str, dict[str, Any]]]:
        found = []
        for frame, decisions in zip(self.base, self.decisions, strict=True):
            if decisions is None:
                continue
            assert not decisions.dense, "for sparse decisions only"
            found += [
                (frame[ID][row["row"]], row) for row in decisions.table.iter_rows(named=True) if row["action"] == action
            ]
        return found


def shard(frame: pl.DataFrame | Mapping[str, Any], **about: Any) -> Shard:
    """A shard of these rows."""
    return Shard(frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame), **about)


def run(
    stage: Any,
    params: Any,
    shards: Sequence[Shard],
    sources: Mapping[str, SourceFacts] | None = None,
    parts: int = 1,
) -> Ran:
    """Runs the stage. `params` may be plain values as of a YAML file; `parts`: partitions of each round."""
    if isinstance(params, Mapping):
        params = schema.parse(stage.Params, params, stage.NAME)
    sources = sources or {s.source: SourceFacts(s.source, s.kind) for s in shards}
    shards = _named(shards)
    needs = stage.needs(params, sources)
    prepared = [_prepare(stage, params, shard, sources, needs) for shard in shards]
    rows, stats = _rounds(stage, params, shards, prepared, parts)
    declared = set(stage.rules(params))
    ran = Ran([], [], [], stats)
    for number, (one, made) in enumerate(zip(shards, prepared, strict=True)):
        if one.kind != RECORDS:
            continue
        decided = _partners(rows, shards).filter(shard=number).drop("shard")
        decisions = stage.emit(made.local if made else pl.DataFrame(), decided, one.frame.height, params)
        before = pl.Series(one.alive if one.alive is not None else [True] * one.frame.height, dtype=pl.Boolean)
        ran.decisions.append(decisions if decisions is None else _of_the_living(decisions, before))
        ran.alive.append(before if decisions is None else ledger.kept(decisions, one.frame.height, before))
        ran.base.append(one.frame)
        assert _rules(ran.decisions[-1]) <= declared
    return ran


def _named(shards: Sequence[Shard]) -> list[Shard]:
    counts: dict[str, int] = {}
    found = []
    for one in shards:
        start = counts.get(one.source, 0)
        counts[one.source] = start + one.frame.height
        if ID not in one.frame.columns:
            names = [f"{one.source}/{start + i}" for i in range(one.frame.height)]
            one = one._replace(frame=one.frame.with_columns(pl.Series(ID, names, dtype=pl.String)))
        found.append(one)
    return found


def _prepare(
    stage: Any, params: Any, shard: Shard, sources: Mapping[str, SourceFacts], needs: Needs
) -> Prepared | None:
    wanted = needs.annotations if shard.kind != RECORDS else (*needs.records, *needs.optional) if needs.records else needs.records
    if wanted == ():
        return None
    frame = (
        shard.frame.drop(ID) if wanted is None else shard.frame.select(c for c in wanted if c in shard.frame.columns)
    )
    if not frame.width:
        # The runner too knows the number of rows only from a column.
        frame = pl.DataFrame(height=shard.frame.height)
    made = stage.prepare(View(sources[shard.source], frame, sources), params)
    assert made.narrow.width == 0 or made.narrow.height == shard.frame.height
    return Prepared(_through_a_file(made.narrow), _through_a_file(made.local))


def _through_a_file(frame: pl.DataFrame) -> pl.DataFrame:
    file = io.BytesIO()
    frame.write_ipc(file)
    file.seek(0)
    return pl.read_ipc(file)


def _rounds(
    stage: Any, params: Any, shards: Sequence[Shard], prepared: Sequence[Prepared | None], parts: int
) -> tuple[list[pl.DataFrame], dict[str, int]]:
    alive = [list(s.alive) if s.alive is not None else [True] * s.frame.height for s in shards]
    found: list[pl.DataFrame] = []
    stats: dict[str, int] = {}
    for step in pickle.loads(pickle.dumps(stage.rounds(params))):
        for index in range(parts if step.key else 1):
            frames = [_narrow(step, n, shards[n], made, alive[n]) for n, made in enumerate(prepared) if made]
            frames = [f for f in frames if f is not None]
            if step.key and parts > 1:
                frames = [f.filter(pl.col(step.key[0]) % parts == index) for f in frames]
            if not frames:
                continue
            decided = step.decide(pl.concat(frames, how="diagonal_relaxed"), params)
            for name, n in decided.stats.items():
                stats[name] = stats.get(name, 0) + n
            if decided.rows.height:
                found.append(decided.rows)
            for row in decided.rows.iter_rows(named=True):
                if row.get("rule") is not None:
                    alive[row["shard"]][row["row"]] = False
    return found, stats


def _narrow(step: Round, number: int, shard: Shard, made: Prepared, alive: list[bool]) -> pl.DataFrame | None:
    narrow = made.narrow
    if narrow.width == 0 or any(column not in narrow.columns for column in step.key):
        return None
    if step.columns is not None:
        narrow = narrow.select(c for c in narrow.columns if c in step.columns or c in step.key)
    return narrow.with_columns(
        pl.lit(number, pl.UInt32).alias("shard"),
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
        pl.lit(shard.batch, pl.UInt32).alias("batch"),
        pl.lit(shard.kind == ANNOTATIONS).alias("annotation"),
        pl.Series("alive", alive, dtype=pl.Boolean),
    )


def _partners(rows: Sequence[pl.DataFrame], shards: Sequence[Shard]) -> pl.DataFrame:
    if not rows:
        return pl.DataFrame(schema={"shard": pl.UInt32, "row": pl.UInt32})
    frames = []
    for frame in rows:
        if "partner_shard" in frame.columns:
            at = frame.select("partner_shard", "partner_row").rows()
            names = [None if s is None else shards[s].frame[ID][r] for s, r in at]
            frame = frame.drop("partner_shard", "partner_row").with_columns(
                pl.Series("partner", names, dtype=pl.String)
            )
        frames.append(frame)
    return pl.concat(frames, how="diagonal_relaxed")


def _of_the_living(decisions: Decisions, before: pl.Series) -> Decisions:
    if decisions.dense:
        columns = [pl.when(before).then(pl.col(c)).alias(c) for c in decisions.table.columns]
        return Decisions(decisions.table.with_columns(columns), dense=True)
    return Decisions(decisions.table.filter(before.gather(decisions.table["row"])))


def _rules(decisions: Decisions | None) -> set[str]:
    if decisions is None or (decisions.dense and DROP_COLUMN not in decisions.table.columns):
        return set()
    column = decisions.table[DROP_COLUMN if decisions.dense else "rule"]
    return set(column.drop_nulls())
