"""Agreement of annotators, from integer sums that add up over partitions.

Krippendorff's nominal alpha (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability) and Fleiss' kappa
generalised to unequal numbers of votes (Fleiss 1971, doi:10.1037/h0031619).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from dsv.stages.ballots import Counted


def observe(counted: Counted) -> dict[str, int]:
    """The sums over votes: per number of votes, and per label."""
    unit, value, n = counted.cells
    if not len(unit):
        return {}
    cells = pl.DataFrame({"unit": unit, "value": value, "c": n})
    items = cells.group_by("unit").agg(n=pl.col("c").sum(), same=(pl.col("c") * (pl.col("c") - 1)).sum())
    paired = items.filter(pl.col("n") > 1)
    found: dict[str, int] = {"items": items.height, "paired": paired.height}
    for several, same, count in paired.group_by("n").agg(pl.col("same").sum(), pl.len()).sort("n").iter_rows():
        found[f"same\x1f{several}"] = same
        found[f"with\x1f{several}"] = count
    labels = cells.join(paired, on="unit", how="semi").group_by("value").agg(pl.col("c").sum()).sort("value")
    return found | {f"votes\x1f{counted.values[code]}": n for code, n in labels.iter_rows()}


def agreement(stats: Mapping[str, int]) -> dict[str, Any]:
    """Observed agreement, Fleiss' kappa and Krippendorff's alpha; empty without items that several people labelled."""
    several = [int(name.partition("\x1f")[2]) for name in stats if name.startswith("with\x1f")]
    by_n = {n: stats.get(f"same\x1f{n}", 0) for n in several}
    if not by_n:
        return {}
    items = sum(stats[f"with\x1f{n}"] for n in by_n)
    totals = [n for name, n in stats.items() if name.startswith("votes\x1f")]
    votes = sum(totals)
    observed = sum(by_n[n] / (n * (n - 1)) for n in sorted(by_n)) / items
    expected = sum((t / votes) ** 2 for t in sorted(totals))
    kappa = (observed - expected) / (1 - expected) if expected < 1 else None
    weighted = sum(by_n[n] / (n - 1) for n in sorted(by_n)) / votes
    chance = sum(t * (t - 1) for t in totals) / (votes * (votes - 1))
    alpha = (weighted - chance) / (1 - chance) if chance < 1 else None
    return {
        "items": stats.get("items", 0),
        "items_with_two_votes": items,
        "observed_agreement": round(observed, 6),
        "fleiss_kappa": None if kappa is None else round(kappa, 6),
        "krippendorff_alpha": None if alpha is None else round(alpha, 6),
    }
