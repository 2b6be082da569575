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
from dsv.stages import quotas
from dsv.stages.base import ID, Decided, Named, Needs, Prepared, Round, SourceFacts, View
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


def columns(params: Params) -> tuple[Named, ...]:
    """The group and stratum columns."""
    named = {"group": params.group, "stratify": params.stratify}
    return tuple(Named((key, i), name) for key, names in named.items() for i, name in enumerate(names))


def assigned(params: Params) -> tuple[str, ...]:
    """The split."""
    return ("split",)


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
    if params.method == "hash":
        return Decided(rows.select("shard", "row").with_columns(_by_place(rows["u"].to_numpy(), params)))
    # A record that is gone has the place it would have: dropping it stores nothing. Only a fresh draw looks at who is there.
    rows = rows.filter("alive") if params.method == "fresh" else rows
    names, shares = zip(*params.shares, strict=True)
    fill = quotas.fresh if params.method == "fresh" else quotas.sticky
    numbers = fill(rows, "g0" if params.group else "u", shares)
    found = pl.Series("split", names, dtype=pl.Enum(names)).gather(pl.Series(numbers))
    return Decided(rows.select("shard", "row").with_columns(found))


def _by_place(u: np.ndarray, params: Params) -> pl.Series:
    names, shares = zip(*params.shares, strict=True)
    # The last bound is the end of the circle whatever the rounding of the fractions.
    bounds = np.array([min(int(c * 2**64), 2**64 - 1) for c in np.cumsum(shares)[:-1]], dtype=np.uint64)
    return pl.Series(names).gather(np.searchsorted(bounds, u, side="right")).alias("split")


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
