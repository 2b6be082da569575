"""All cases by name, in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bench import cases, large, lives, peers, spread
from bench.figures import Bench, Figure


class Case(NamedTuple):
    """A function that measures, on how many records unless told otherwise, and whether `make bench` asks for it."""

    run: Callable[[Bench], list[Figure]]
    rows: int = 2_000_000
    usual: bool = True


CASES = {
    "changes": Case(cases.changes_of_one_project),
    "snapshots": Case(cases.snapshots),
    "commands": Case(cases.commands),
    "small-diff": Case(cases.small_diff),
    "history": Case(cases.history),
    "why": Case(lives.lives),
    "rates": Case(cases.rates),
    "adding": Case(cases.adding),
    "dask": Case(spread.dask),
    "peers": Case(peers.peers),
    "large": Case(large.large, rows=24_000_000, usual=False),
}
