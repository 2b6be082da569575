"""Assigns records to splits by hash, so that no record moves because another came.

`hash` looks at nothing but the group. `sticky` fills quotas batch by batch: what was assigned stays. `fresh` draws a new,
exactly stratified split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from dsv.ledger import decisions as ledger
from dsv.ledger.decisions import Decisions
from dsv.record import canonical, digest
from dsv.stages.base import ID, Decided, Needs, Prepared, Round, SourceFacts, View
from dsv.stages.components import join_groups

NAME = "split"
DOC = "Assigns records to train, validation and test."
REVISION = 2


@dataclass(frozen=True)
class Params:
    """How records are split."""

    method: Literal["hash", "sticky", "fresh"] = "sticky"
    fractions: dict[str, float] = field(
        default_factory=lambda: {"train": 0.8, "val": 0.1, "test": 0.1},
        metadata={"min": 0.0, "max": 1.0, "nonempty": True},
    )
    group: tuple[str, ...] = field(
        default=(), metadata={"doc": "records that share a value of any of these stay together"}
    )
    stratify: tuple[str, ...] = field(default=(), metadata={"doc": "each value gets its share of each split"})
    salt: str = field(default="v1", metadata={"doc": "another salt is another draw"})

    @property
    def shares(self) -> list[tuple[str, float]]:
        """Splits with their fractions by name: the order in which a mapping is written does not count."""
        return sorted(self.fractions.items())

    def impossible(self) -> Iterator[tuple[str, str]]:
        """Fractions that are no whole."""
        if abs(sum(self.fractions.values()) - 1) > 1e-9:
            yield "fractions", f"add up to {sum(self.fractions.values()):g}, not to 1"


def rules(params: Params) -> Mapping[str, tuple[str, ...]]:
    """No rule drops a record."""
    return {}


def needs(params: Params, sources: Mapping[str, SourceFacts]) -> Needs:
    """The group and stratum columns, and ids for records without a group."""
    return Needs((ID, *dict.fromkeys([*params.group, *params.stratify])))


def prepare(view: View, params: Params) -> Prepared:
    """Narrow: u (the place of the group on the circle), the group, the stratum. Local: the split, where u tells it."""
    frame, ids = view.frame, view.frame[ID]
    place = _place(_group(frame, params.group[:1], ids), params.salt)
    if _by_itself(params):
        return Prepared(pl.DataFrame(), _by_place(place.to_numpy(), params).to_frame())
    columns = {"u": place}
    for i, name in enumerate(params.group):
        columns[f"g{i}"] = digest.hash64(_group(frame, (name,), ids))
    stratum = (
        canonical.rows(frame, [c for c in params.stratify if c in frame.columns])
        if params.stratify
        else pl.Series([""] * frame.height, dtype=pl.String)
    )
    return Prepared(
        pl.DataFrame([s.alias(n) for n, s in columns.items()]).with_columns(stratum=digest.hash64(stratum)),
        pl.DataFrame(),
    )


def _group(frame: pl.DataFrame, names: tuple[str, ...], ids: pl.Series) -> pl.Series:
    """The text of the group; a record whose group is null is its own."""
    if not names:
        return ids
    # A column that a shard lacks is null there.
    texts = canonical.rows(frame, [n for n in names if n in frame.columns])
    return pl.select(pl.when(texts == "").then(pl.lit("\0") + ids).otherwise(pl.lit(canonical.RS) + texts)).to_series()


def _place(group: pl.Series, salt: str) -> pl.Series:
    return digest.hash64(salt + "\0" + group)


def _by_itself(params: Params) -> bool:
    """Whether a record's split follows from nothing but the record."""
    return params.method == "hash" and len(params.group) < 2


def rounds(params: Params) -> tuple[Round, ...]:
    """One round over all groups; nothing but integers. None where no record looks at another."""
    return () if _by_itself(params) else (Round("assign", (), _assign),)


def _assign(rows: pl.DataFrame, params: Params) -> Decided:
    rows = rows.filter(~pl.col("annotation"))
    if len(params.group) > 1:
        rows = rows.with_columns(join_groups(rows, [f"g{i}" for i in range(len(params.group))]))
    unit = "g0" if params.group else "u"
    if params.method == "hash":
        found = rows.select("shard", "row", "alive").with_columns(_by_place(rows["u"].to_numpy(), params))
    else:
        base = rows if params.method == "sticky" else rows.filter("alive")
        groups = _groups(base, unit)
        assigned = _fill(groups, params, sticky=params.method == "sticky")
        found = rows.select("shard", "row", "alive", unit).join(assigned, on=unit, how="left", maintain_order="left")
    # A record that is gone has the place it would have: dropping it stores nothing. Only a fresh draw looks at who is there.
    return Decided((found.filter("alive") if params.method == "fresh" else found).select("shard", "row", "split"))


def _by_place(u: np.ndarray, params: Params) -> pl.Series:
    names, shares = zip(*params.shares, strict=True)
    # The last bound is the end of the circle whatever the rounding of the fractions.
    bounds = np.array([min(int(c * 2**64), 2**64 - 1) for c in np.cumsum(shares)[:-1]], dtype=np.uint64)
    return pl.Series(names).gather(np.searchsorted(bounds, u, side="right")).alias("split")


def _groups(rows: pl.DataFrame, unit: str) -> pl.DataFrame:
    """One row a group: first batch, stratum of its first record (sticky) or most frequent one, records per batch."""
    return rows.group_by(unit, maintain_order=True).agg(
        pl.col("u").first() if unit != "u" else pl.col("shard").first(),
        pl.col("batch").first(), pl.col("stratum").first().alias("first"), pl.col("stratum").mode().min().alias("most"), pl.len().alias("n"),
        pl.col("batch").value_counts().alias("by_batch"),
    )  # fmt: skip


def _fill(groups: pl.DataFrame, params: Params, *, sticky: bool) -> pl.DataFrame:
    """Assigns groups, in order of their place, so as to fill what each split lacks; per stratum, and batch by batch."""
    unit = groups.columns[0]
    groups = groups.with_columns(stratum=pl.col("first" if sticky else "most")).sort("u", unit)
    parts = []
    for (_,), stratum in groups.partition_by("stratum", as_dict=True).items():
        parts.append(_stratum(stratum, unit, params, sticky=sticky))
    return pl.concat(parts) if parts else pl.DataFrame(schema={unit: pl.UInt64, "split": pl.String})


def _stratum(groups: pl.DataFrame, unit: str, params: Params, *, sticky: bool) -> pl.DataFrame:
    names, shares = [name for name, _ in params.shares], np.array([share for _, share in params.shares])
    have = np.zeros(len(names))
    later: list[tuple[int, int, int]] = []
    out: dict[int, int] = {}
    batches = groups["batch"].unique().sort().to_list() if sticky else [None]
    for batch in batches:
        new = groups.filter(batch=batch) if sticky else groups
        have += _grown(later, batch, len(names))
        sizes = new["n"].to_numpy() if not sticky else _first_sizes(new, batch)
        lacking = np.maximum(shares * (have.sum() + sizes.sum()) - have, 0)
        bounds = (
            np.cumsum(lacking / lacking.sum() * sizes.sum()) if lacking.sum() > 0 else np.cumsum(shares * sizes.sum())
        )
        middle = np.cumsum(sizes) - sizes / 2
        chosen = np.minimum(np.searchsorted(bounds, middle, side="left"), len(names) - 1)
        for key, n, split, by_batch in zip(
            new[unit].to_list(), sizes.tolist(), chosen.tolist(), new["by_batch"].to_list(), strict=True
        ):
            out[key] = split
            have[split] += n
            later += [
                (entry["batch"], split, entry["count"]) for entry in by_batch if sticky and entry["batch"] != batch
            ]
    return pl.DataFrame(
        {unit: list(out), "split": [names[s] for s in out.values()]},
        schema={unit: groups.schema[unit], "split": pl.String},
    )


def _first_sizes(new: pl.DataFrame, batch: int | None) -> np.ndarray:
    return np.array(
        [next((e["count"] for e in entries if e["batch"] == batch), 0) for entries in new["by_batch"].to_list()],
        dtype=np.int64,
    )


def _grown(later: list[tuple[int, int, int]], batch: int | None, splits: int) -> np.ndarray:
    """What groups assigned earlier have grown by up to this batch."""
    grown = np.zeros(splits)
    if batch is not None:
        for entry in [e for e in later if e[0] <= batch]:
            grown[entry[1]] += entry[2]
            later.remove(entry)
    return grown


def emit(local: pl.DataFrame, decided: pl.DataFrame, rows: int, params: Params) -> Decisions | None:
    """Dense: the split."""
    if local.width:
        return Decisions(local, dense=True)
    if "split" not in decided.columns:
        return Decisions(pl.DataFrame({"split": pl.repeat(None, rows, dtype=pl.String, eager=True)}), dense=True)
    return Decisions(ledger.aligned(decided.select("row", "split"), rows), dense=True)


def summary(stats: Mapping[str, int], params: Params) -> Mapping[str, Any]:
    """Nothing beside the counts."""
    return {}
