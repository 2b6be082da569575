"""Trims the local cache of derived data. Nothing in it is part of a version: what is missed is computed again."""

from __future__ import annotations

import time

from dsv.dvcio.turn import turn
from dsv.project.layout import Layout
from dsv.runner.shards import trim
from dsv.runner.shards.trim import Bounds, Trimmed

LIMIT = 5_000_000_000


def gc(
    layout: Layout, *, keep_days: float | None = None, max_size: int | None = None, dry_run: bool = False
) -> Trimmed:
    """Removes what was not used for so many days, then the longest unused until the rest fits; LIMIT when neither is given."""
    now = time.time()
    if keep_days is None and max_size is None:
        max_size = LIMIT
    bounds = Bounds(since=None if keep_days is None else now - keep_days * trim.DAY, most=max_size)
    if dry_run:
        return trim.trim(layout.cache, bounds, now, dry=True)
    with turn(layout.root, wait=True):
        return trim.trim(layout.cache, bounds, now)


def after_run(layout: Layout, most: int | None, started: float) -> Trimmed | None:
    """Keeps the cache below a size, without what the run that began at `started` used; None where there is no bound."""
    if most is None:
        return None
    return trim.trim(layout.cache, Bounds(most=most, spared=started), time.time())
