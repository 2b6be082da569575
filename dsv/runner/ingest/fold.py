"""Folds one delivery into what a source holds already: which rows are new, and what becomes of older ones.

Pure: frames in, frames out. Keys are compared by the XXH3-128 of their text (`hi`, `lo`) and, where a key may repeat
within a delivery (annotations), by the number `n` of the occurrence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from dsv.runner.shards.keyset import Keys, KeySet

NEW, REPEATED, RESTORED, LOSER = "new", "repeated", "restored", "loser"
SUPERSEDED, WITHDRAWN, CONFLICT = "superseded", "withdrawn", "conflict"
IDENTITY = ["hi", "lo", "n"]
FATE = pl.Enum(sorted([NEW, REPEATED, RESTORED, LOSER, CONFLICT]))
Places = npt.NDArray[np.int64]


class Policy(NamedTuple):
    """How a source folds: `conflict` is replace, keep or error; `repeats` tells that a key may repeat in a delivery."""

    snapshot: bool
    conflict: str
    repeats: bool


class Folded(NamedTuple):
    """`fate`: one row per delivered row, with `fate`. `events`: what happens to older positions. `clash`: rows in conflict."""

    fate: pl.DataFrame
    events: pl.DataFrame
    counts: dict[str, int]
    clash: pl.Series


EVENTS = {"shard": pl.UInt32, "row": pl.UInt32, "rule": pl.String, "action": pl.String}


def fold(
    new: pl.DataFrame,
    prior: pl.DataFrame,
    hashes: Callable[[pl.DataFrame], pl.Series],
    policy: Policy,
    own: Callable[[Places], pl.Series] | None = None,
) -> Folded:
    """Folds delivered rows (hi, lo, hash; in order of the delivery) into prior positions (hi, lo, n, shard, row, live).

    `hashes` gives the record hashes of positions (shard, row); it is asked only for keys that were delivered again.
    `own` gives those of delivered rows, where they have no column `hash`.
    """
    # Most rows of most deliveries are of no interest to the others: their key comes once, and never came before.
    others = np.flatnonzero(~_alone(new["hi"].to_numpy(), prior["hi"].to_numpy()))
    if not len(others) and new.height:
        return _all_alone(_nothing(prior, policy), new.height)
    few = new if len(others) == new.height else new[others]
    rest = _fold(few if own is None else few.with_columns(hash=own(others)), prior, hashes, policy)
    return rest if len(others) == new.height else _with_alone(rest, others, new.height)


def _fold(
    new: pl.DataFrame, prior: pl.DataFrame, hashes: Callable[[pl.DataFrame], pl.Series], policy: Policy
) -> Folded:
    new = new.with_row_index("at")
    new = _occurrences(new, policy)
    positions = prior.join(new.select(IDENTITY).unique(), on=IDENTITY, how="semi", maintain_order="left")
    positions = (
        positions.with_columns(hash=hashes(positions))
        if positions.height
        else positions.with_columns(hash=pl.lit(None, pl.Binary))
    )
    same = (
        new.select("at", *IDENTITY, "hash")
        .join(positions, on=[*IDENTITY, "hash"], how="inner")
        .sort("at", "live", "shard", "row", descending=[False, True, True, True])
        .unique("at", keep="first", maintain_order=True)
        .select("at", same_shard="shard", same_row="row", same_live="live")
    )
    current = positions.filter("live").select(*IDENTITY, live_shard="shard", live_row="row")
    fate = new.join(same, on="at", how="left", maintain_order="left").join(
        current, on=IDENTITY, how="left", maintain_order="left"
    )
    return _decide(fate, prior, policy)


def _alone(keys: Keys, known: Keys) -> npt.NDArray[np.bool_]:
    """Which halves of keys occur once and are not known. A half that is alone belongs to a key that is alone."""
    ordered = np.sort(keys)
    alone = np.ones(len(keys), dtype=np.bool_)
    alone[KeySet([ordered[1:][ordered[1:] == ordered[:-1]], known]).places(keys)] = False
    return alone


def _nothing(prior: pl.DataFrame, policy: Policy) -> Folded:
    """What a delivery without any key that matters does."""
    fate = pl.DataFrame(schema={"at": pl.UInt32, "fate": FATE, "n": pl.UInt32})
    gone = _gone(pl.DataFrame(schema=prior.select(IDENTITY).schema), prior, policy)
    events = _events(gone, "shard", "row", WITHDRAWN if policy.snapshot else SUPERSEDED, "drop")
    return Folded(fate, events, {"read": 0, "replaced": 0, "withdrawn": gone.height}, fate["at"])


def _all_alone(rest: Folded, height: int) -> Folded:
    """The result where all rows are new."""
    at = pl.int_range(height, dtype=pl.UInt32, eager=True).alias("at").to_frame()
    fate = at.with_columns(fate=pl.lit(NEW, FATE), n=pl.lit(1, pl.UInt32))
    return rest._replace(fate=fate, counts=rest.counts | {NEW: height, "read": height})


def _with_alone(rest: Folded, others: Places, height: int) -> Folded:
    """The result for some rows, and for all others that they are new."""
    at = pl.Series(others, dtype=pl.UInt32)
    told = _all_alone(rest, height).fate
    own = rest.fate.select(at.gather(rest.fate["at"]).alias("at"), "fate", "n")
    told = told.join(own, on="at", how="left", maintain_order="left").select(
        "at", pl.coalesce("fate_right", "fate").alias("fate"), pl.coalesce("n_right", "n").alias("n")
    )
    counts = rest.counts | {NEW: rest.counts.get(NEW, 0) + height - len(others), "read": height}
    return Folded(told, rest.events, counts, at.gather(rest.clash))


def _occurrences(new: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Numbers repeated keys where they may repeat; else marks rows that lose against another row of the delivery."""
    if policy.repeats:
        ordered = new.sort("hi", "lo", "hash", "at")
        numbered = ordered.with_columns(n=pl.int_range(pl.len(), dtype=pl.UInt32).over("hi", "lo") + 1)
        return numbered.sort("at").with_columns(loser=pl.lit(False), twin=pl.lit(False))
    wins = pl.col("at").min() if policy.conflict == "keep" else pl.col("at").max()
    new = new.with_columns(
        n=pl.lit(1, pl.UInt32), winner=wins.over("hi", "lo"), first=pl.col("at").min().over("hi", "lo", "hash")
    )
    winning = new.filter(pl.col("at") == pl.col("winner")).select("winner", won="hash")
    new = new.join(winning, on="winner", how="left", maintain_order="left")
    lost = pl.col("at") != pl.col("winner")
    # An equal copy of the winner, or a second copy of the same loser, says nothing new.
    twin = lost & ((pl.col("hash") == pl.col("won")) | (pl.col("at") != pl.col("first")))
    return new.with_columns(loser=lost & ~twin, twin=twin).drop("winner", "first", "won")


def _decide(fate: pl.DataFrame, prior: pl.DataFrame, policy: Policy) -> Folded:
    known, live = pl.col("same_shard").is_not_null(), pl.col("live_shard").is_not_null()
    keep = policy.conflict == "keep" and not policy.snapshot and not policy.repeats
    differs = live & ~(known & pl.col("same_live").fill_null(False)) & ~pl.col("loser") & ~pl.col("twin")
    fate = fate.with_columns(
        fate=pl.when(pl.col("twin") | (known & pl.col("same_live")) | (pl.col("loser") & known)).then(pl.lit(REPEATED))
        .when("loser").then(pl.lit(LOSER))
        .when(differs & pl.lit(keep)).then(pl.when(known).then(pl.lit(REPEATED)).otherwise(pl.lit(CONFLICT)))
        .when(known).then(pl.lit(RESTORED))
        .otherwise(pl.lit(NEW)).cast(FATE),
        differs=differs,
    )  # fmt: skip
    restored = fate.filter(pl.col("fate") == RESTORED)
    replaced = fate.filter(pl.col("differs") & pl.col("fate").is_in([NEW, RESTORED]))
    events = [
        _events(replaced, "live_shard", "live_row", SUPERSEDED, "drop"),
        _events(restored, "same_shard", "same_row", RESTORED, "keep"),
    ]
    gone = _gone(fate, prior, policy)
    if gone.height:
        events.append(_events(gone, "shard", "row", WITHDRAWN if policy.snapshot else SUPERSEDED, "drop"))
    counts = dict(fate.group_by("fate").len().sort("fate").iter_rows())
    counts |= {"read": fate.height, "replaced": replaced.height, "withdrawn": gone.height}
    clash = replaced["at"] if policy.conflict == "error" and not policy.snapshot else fate.clear()["at"]
    if policy.conflict == "error":
        clash = clash.append(fate.filter("loser")["at"])
    return Folded(fate.select("at", "fate", "n"), pl.concat(events), counts, clash)


def _gone(fate: pl.DataFrame, prior: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Live positions that this delivery takes away without naming a successor."""
    live = prior.filter("live")
    if policy.snapshot:
        return live.join(fate.select(IDENTITY).unique(), on=IDENTITY, how="anti", maintain_order="left")
    if policy.repeats:
        # A key that is delivered again replaces all its occurrences: those beyond the new number go.
        again = live.join(fate.select("hi", "lo").unique(), on=["hi", "lo"], how="semi", maintain_order="left")
        return again.join(fate.select(IDENTITY).unique(), on=IDENTITY, how="anti", maintain_order="left")
    return live.clear()


def _events(rows: pl.DataFrame, shard: str, row: str, rule: str, action: str) -> pl.DataFrame:
    return rows.select(
        pl.col(shard).cast(pl.UInt32).alias("shard"),
        pl.col(row).cast(pl.UInt32).alias("row"),
        pl.lit(rule).alias("rule"),
        pl.lit(action).alias("action"),
    )
