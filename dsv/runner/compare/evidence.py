"""What is known of why records differ: compares what two versions hold and decided about them, first difference first.

A subject is one record by its positions in both versions (`a_shard`, `a_row`, `b_shard`, `b_row`, null where a version has
no base row of it). Only what differs is read: shards of which a stage decided the same are skipped by their digests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from dsv.delta import columns as delta_columns
from dsv.delta.model import ADDED, REMOVED
from dsv.ledger import decisions as ledger
from dsv.lineage.causes import INGEST, A, B
from dsv.project.manifest import Shard
from dsv.record import identity
from dsv.record.arrays import series
from dsv.runner.compare.both import Before, Both, Pair, each
from dsv.runner.compare.decided import Dropped, batches, dropped, taken_back, values
from dsv.runner.compare.side import Mask, Rows, Side, places
from dsv.runner.shards import read

RESTORED = "restored"
ARRIVED, EVENT, DROPPED, ASSIGNED = "arrived", "event", "dropped", "assigned"
# A record that one version has and the other not, though both have a row of it: which of them dropped it.
DROPS = {ADDED: A, REMOVED: B}
SCHEMA = {
    "at": pl.UInt32, "kind": pl.String, "source": pl.String, "batch_a": pl.String, "batch_b": pl.String, "stage": pl.String,
    "rule": pl.String, "side": pl.String, "detail": pl.String, "partner": pl.String,
}  # fmt: skip


class Part(NamedTuple):
    """Evidence of one kind for some subjects; a value is of all of them, or a list of one each."""

    at: Rows
    kind: str
    values: Mapping[str, str | list[str | None] | None]


def gather(a: Side, b: Side, subjects: pl.DataFrame, before: Before, *, unlike: bool) -> pl.DataFrame:
    """A row (`SCHEMA`) for each subject that has one: the first difference of its bases or decisions.

    `columns`, where it is not null, are those in which the record differs: only these are compared. `unlike`: one of the
    versions has rules that the other has not.
    """
    both, paired, sets = _set_out(a, b, subjects, before)
    # By which rule a record of another base went is asked only where that may be its cause: it is read for it.
    gone = paired.filter(pl.col("op").is_in([*DROPS])).select("at", "op").iter_rows() if unlike else ()
    return _frame([*_alone(both, subjects), *_pairs(both, paired, sets, dict(gone))])


def _set_out(a: Side, b: Side, subjects: pl.DataFrame, before: Before | None) -> tuple[Both, pl.DataFrame, Rows]:
    """The versions, the subjects with a base row in both, and which set of columns each of them differs in."""
    paired = subjects.drop_nulls(["a_shard", "b_shard"])
    joined = paired["columns"].list.join("\x1f")
    known = joined.drop_nulls().unique(maintain_order=True)
    numbers = pl.int_range(len(known), eager=True)
    sets = joined.replace_strict(known, numbers, default=-1, return_dtype=pl.Int64).fill_null(-1)
    return Both(a, b, [frozenset(text.split("\x1f")) for text in known], before), paired, sets.to_numpy()


def assignments(a: Side, b: Side, paired: pl.DataFrame, before: Before, columns: tuple[str, ...] | None) -> pl.DataFrame:
    """As `gather`, of subjects with a base row in both versions, by what stages assign to some columns (None: to any) alone:
    drops do not count."""
    both = Both(a, b, [] if columns is None else [frozenset(columns)], before)
    sets = np.full(paired.height, -1 if columns is None else 0)
    return _frame([part for pair in _together(both, paired, sets) for part in _assigned(both, pair)])


def assigning(a: Side, b: Side, subjects: pl.DataFrame) -> dict[int, list[str]]:
    """Of subjects with a base row in both versions the stages that assigned them something, in the columns that differ."""
    both, paired, sets = _set_out(a, b, subjects, None)
    found: dict[int, list[str]] = {}
    for whole in _together(both, paired, sets):
        for number in _distinct(whole.sets):
            pair, touched = whole.take(whole.sets == number), both.touched[number] if number >= 0 else None
            for stage in b.stages:
                told = values(b, stage, pair.there, pair.rows_b, touched).values
                for at in pair.at[told.is_not_null().to_numpy()].tolist():
                    found.setdefault(at, []).append(stage)
    return found


def _frame(parts: Sequence[Part]) -> pl.DataFrame:
    if not parts:
        return pl.DataFrame(schema=SCHEMA)
    sizes = [len(part.at) for part in parts]
    columns = [series(np.concatenate([part.at for part in parts]).astype(np.uint32), "at")]
    columns.append(_told([part.kind for part in parts], sizes).alias("kind"))
    columns += [_told([part.values.get(name) for part in parts], sizes).alias(name) for name in list(SCHEMA)[2:]]
    return pl.DataFrame(columns).sort("at")


def _told(values: Sequence[str | list[str | None] | None], sizes: Sequence[int]) -> pl.Series:
    """The values of some parts of these sizes, one after the other: a list is one each, a text is of them all."""
    texts: list[str | None] = []
    numbers = []
    for value, size in zip(values, sizes, strict=True):
        listed = isinstance(value, list)
        numbers.append(np.arange(len(texts), len(texts) + size) if listed else np.full(size, len(texts)))
        texts += value if isinstance(value, list) else [value]
    return pl.Series(texts, dtype=pl.String)[series(np.concatenate(numbers).astype(np.uint32))]


def _distinct(values: Rows) -> list[int]:
    """The values, each once, in order (NumPy's own way loads `numpy.ma`)."""
    return sorted(set(values.tolist()))


def _columns(paired: pl.DataFrame) -> list[Rows]:
    return [paired[name].to_numpy().astype(np.int64) for name in ("a_shard", "b_shard", "at", "a_row", "b_row")]


def _alone(both: Both, subjects: pl.DataFrame) -> Iterator[Part]:
    """Subjects that one version has no base row of."""
    for own, other, side in (("a", "b", both.a), ("b", "a", both.b)):
        alone = subjects.filter(pl.col(f"{own}_shard").is_not_null() & pl.col(f"{other}_shard").is_null())
        at = alone["at"].to_numpy().astype(np.int64)
        for index, some, rows in places(alone.select(shard=f"{own}_shard", row=f"{own}_row")).groups:
            shard = side.shards[index]
            yield Part(at[some], ARRIVED, {"source": shard.source, f"batch_{own}": batches(side, shard, rows)})


def _pairs(both: Both, paired: pl.DataFrame, sets: Rows, gone: Mapping[int, str]) -> Iterator[Part]:
    if paired.is_empty():
        return
    hashed = np.zeros(int(paired["at"].max()) + 1, dtype=np.bool_)  # type: ignore[arg-type]
    hashed[paired["at"].to_numpy()] = _unlike(both, paired)
    common = set.intersection(*({name for shard in side.shards for name in shard.schema} for side in (both.a, both.b)))
    for pair in _together(both, paired, sets):
        unlike = hashed[pair.at]
        if unlike.any():
            unlike[unlike] = _told_apart(both, pair.take(unlike), common)
            if unlike.any():
                yield from _content(both, pair.take(unlike), gone)
        if not unlike.all():
            yield from _walk(both, pair.take(~unlike))


def _together(both: Both, paired: pl.DataFrame, sets: Rows) -> Iterator[Pair]:
    """Subjects by the two shards that their base rows lie in."""
    shards_a, shards_b, at, rows_a, rows_b = _columns(paired)
    for index_a, index_b, some in _groups(shards_a, shards_b):
        yield Pair(both.a.shards[index_a], both.b.shards[index_b], at[some], rows_a[some], rows_b[some], sets[some])


def _groups(one: Rows, two: Rows) -> Iterator[tuple[int, int, Rows]]:
    if not len(one):
        return
    order = np.lexsort((two, one))
    change = (np.diff(one[order], prepend=-1) != 0) | (np.diff(two[order], prepend=-1) != 0)
    for part in np.split(order, np.flatnonzero(change)[1:]):
        yield int(one[part[0]]), int(two[part[0]]), part


def _unlike(both: Both, paired: pl.DataFrame) -> Mask:
    """Where the base rows of subjects have other record hashes."""
    found = []
    for key, side in (("a", both.a), ("b", both.b)):
        hashes = np.empty((paired.height, 2), dtype=np.uint64)
        for index, at, rows in places(paired.select(shard=f"{key}_shard", row=f"{key}_row")).groups:
            hashes[at] = side.hashes(side.shards[index])[rows]
        found.append(hashes)
    return (found[0] != found[1]).any(axis=1)  # type: ignore[no-any-return]


def _told_apart(both: Both, pair: Pair, common: AbstractSet[str]) -> Mask:
    """Of base rows with other hashes those that differ in what counts.

    A column that no delivery of one version has does not (`common` are the others), nor what every record is assigned anew:
    there the values are looked at. What a delivery lacks is null.
    """
    dense = both.dense()
    sure = np.array([not names <= dense for names in both.touched] + [True])[pair.sets]
    if pair.here.schema == pair.there.schema and sure.all():
        return sure
    names = sorted({*pair.here.schema, *pair.there.schema} & common - {identity.CONTENT_KEY})
    left = read.base(both.a.files, pair.here, [n for n in names if n in pair.here.schema])[pair.rows_a]
    right = read.base(both.b.files, pair.there, [n for n in names if n in pair.there.schema])[pair.rows_b]
    masks = delta_columns.changed(left, right, names)
    found = np.zeros(len(pair.at), dtype=np.bool_)
    for number in _distinct(pair.sets):
        wanted = [name for name in names if number < 0 or name in both.touched[number]]
        differs = masks.select(pl.any_horizontal(wanted)).to_series().to_numpy() if wanted else found
        found = np.where(pair.sets == number, differs, found)
    return found


def _content(both: Both, pair: Pair, gone: Mapping[int, str]) -> Iterator[Part]:
    """The raw record is another one: by the deliveries that the two rows are from, or that took one back.

    Of records that one version dropped it is told with it by which rule of a stage: only that version may have the rule.
    """
    ops = np.array([gone.get(at) for at in pair.at.tolist()], dtype=object)
    for op in (None, *DROPS):
        some = pair.take(ops == op)
        if not len(some.at):
            continue
        told: dict[str, Any] = {"source": some.there.source}
        told |= {f"batch_{name}": batches(*one) for name, one in zip((A, B), each(both, some), strict=True)}
        if op is not None:
            name = DROPS[op]
            side, shard, rows = each(both, some)[0 if name == A else 1]
            found = dropped(side, shard, rows)
            stages = [side.stages[rank] if rank > 0 else None for rank in found.ranks.tolist()]
            told |= {"side": name, "stage": stages, "rule": [rule if stage else None for rule, stage in zip(found.rules.tolist(), stages, strict=True)]}
        yield Part(some.at, ARRIVED, told)


def _walk(both: Both, pair: Pair) -> Iterator[Part]:
    """Subjects of equal base: what drops one on one side or otherwise than on the other, else what is assigned otherwise."""
    order = {stage: i for i, stage in enumerate(both.stages())}
    drops = []
    for side, shard, rows in each(both, pair):
        found = dropped(side, shard, rows)
        drops.append(found._replace(ranks=np.array([*(order[stage] for stage in side.stages), len(order)])[found.ranks]))
    differs = (drops[0].ranks != drops[1].ranks) | (drops[0].rules != drops[1].rules)
    if differs.any():
        yield from _drops(both, pair.take(differs), [drop.take(differs) for drop in drops])
    if not differs.all():
        yield from _assigned(both, pair.take(~differs))


def _drops(both: Both, pair: Pair, drops: Sequence[Dropped]) -> Iterator[Part]:
    """The drop that comes first; an event of ingest names the delivery."""
    ranks = [drop.ranks for drop in drops]
    second = ranks[1] <= ranks[0]
    for rank in _distinct(ranks[0][ranks[0] == ranks[1]]):
        at = (ranks[0] == rank) & (ranks[1] == rank)
        second[at] = ~both.first(both.stages()[rank], *(drop.rules[at] for drop in drops))
    for number, name, own in ((0, A, ~second), (1, B, second)):
        _, shard, rows = each(both, pair)[number]
        for rank in _distinct(ranks[number][own]):
            at = own & (ranks[number] == rank)
            stage, told = both.stages()[rank], drops[number].take(at)
            given = {"source": shard.source, "stage": stage, "rule": told.rules.tolist(), "side": name}
            if stage == INGEST:
                rules, details = _back(each(both, pair)[1 - number], rows[at], told)
                yield Part(pair.at[at], EVENT, {**given, "rule": rules, "detail": details})
            else:
                yield Part(pair.at[at], DROPPED, {**given, "partner": told.partners.tolist()})


def _back(other: tuple[Side, Shard, Rows], rows: Rows, told: Dropped) -> tuple[list[str | None], list[str | None]]:
    """Event and delivery: of the one that took the row back on the other side, else of the one that dropped it."""
    back = taken_back(other[0], other[1], rows)
    rules, details = told.rules.tolist(), told.details.tolist()
    if not back:
        return rules, details
    rules = [RESTORED if row in back else rule for row, rule in zip(rows.tolist(), rules, strict=True)]
    return rules, [back.get(row, detail) for row, detail in zip(rows.tolist(), details, strict=True)]


def _assigned(both: Both, pair: Pair) -> list[Part]:
    """The first stage that assigns another value, and its rule; nothing where none does."""
    numbers = _distinct(pair.sets)
    touched = frozenset().union(*(both.touched[n] for n in numbers)) if -1 not in numbers else None
    found: list[Part] = []
    for stage in both.stages():
        if not len(pair.at):
            break
        if pair.aligned and _alike(both, pair, stage, touched):
            continue
        left, right = (values(side, stage, shard, rows, touched) for side, shard, rows in each(both, pair))
        differs = left.values.ne_missing(right.values).to_numpy()
        if differs.any():
            told = both.assigning(stage, left.take(differs), right.take(differs))
            given: dict[str, Any] = {"source": pair.there.source, "stage": stage, "rule": [r for r, _ in told], "side": [s for _, s in told]}
            found.append(Part(pair.at[differs], ASSIGNED, given))
            pair = pair.take(~differs)
    return found


def _alike(both: Both, pair: Pair, stage: str, touched: frozenset[str] | None) -> bool:
    """Whether the digests say that a stage assigned the same."""
    one, two = (side.decisions(stage, shard) for side, shard, _ in each(both, pair))
    if one.get(ledger.ALL) == two.get(ledger.ALL):
        return True
    here, there = ledger.columns_of(one), ledger.columns_of(two)
    return all(here.get(name) == there.get(name) for name in ({*here, *there} if touched is None else touched))
