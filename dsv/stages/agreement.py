"""Agreement of annotators, from integer sums that add up over partitions.

Krippendorff's nominal alpha (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability) and Fleiss' kappa
generalised to unequal numbers of votes (Fleiss 1971, doi:10.1037/h0031619).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dsv.stages.ballots import Counted


def observe(counted: Counted) -> dict[str, int]:
    """The sums over votes: per number of votes, and per label."""
    unit, value, n = counted.cells
    if not len(unit):
        return {}
    starts = np.flatnonzero(np.append(True, unit[1:] != unit[:-1]))
    several = np.add.reduceat(n, starts)
    same = np.add.reduceat(n * (n - 1), starts)
    paired = several > 1
    found: dict[str, int] = {"items": len(starts), "paired": int(paired.sum())}
    for count in np.unique(several[paired]).tolist():
        of_count = several == count
        found[f"same\x1f{count}"] = int(same[of_count].sum())
        found[f"with\x1f{count}"] = int(of_count.sum())
    counts = paired[np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(unit))))]
    # As floats, which are exact here: there are not 2^53 votes.
    labels = np.bincount(value[counts], weights=n[counts], minlength=len(counted.values))
    return found | {f"votes\x1f{counted.values[code]}": int(total) for code, total in enumerate(labels) if total}


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
