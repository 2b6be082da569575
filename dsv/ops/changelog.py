"""The history of a data set for its users: what each named version brought, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from dsv import errors
from dsv.ops.diff import diff
from dsv.ops.show import show
from dsv.project.history import Release, releases
from dsv.project.layout import Layout
from dsv.project.version import dataset
from dsv.runner.shards import narrow
from dsv.runner.shards.narrow import Cache

KEPT = ("schema", "records", "columns", "labels", "splits", "causes", "bump")


class Change(NamedTuple):
    """A named version and how it differs from the one before (None: it is the first).

    `known` is False where that is only known from the reports, because data are not at hand.
    """

    release: Release
    before: str | None
    records: tuple[int | None, int | None]
    batches: Mapping[str, int]
    difference: Mapping[str, Any]
    known: bool = True

    def json(self) -> dict[str, Any]:
        """One entry of `dsv.changelog/v1`."""
        release = self.release
        return {
            "version": release.version,
            "rev": release.sha,
            "date": release.date,
            "message": release.message,
            "before": self.before,
            "records": list(self.records),
            "batches": dict(self.batches),
            "known": self.known,
            "difference": dict(self.difference),
        }


def changelog(layout: Layout, rev: str = "HEAD") -> list[Change]:
    """The named versions that lead to a revision, newest first. Each step is compared once, then remembered in the local cache."""
    found = releases(layout, dataset(layout), rev)
    steps = [_step(layout, before, release) for before, release in pairwise(found)]
    return [*reversed(steps), *(_first(layout, release) for release in found[:1])]


def _first(layout: Layout, release: Release) -> Change:
    shown = show(layout, release.sha)
    batches = {
        f"{source}/{batch}": counts.get("read", 0)
        for source, told in shown["sources"].items()
        for batch, counts in told["batches"].items()
    }
    return Change(release, None, (None, shown["records"]), batches, {})


def _step(layout: Layout, before: Release, release: Release) -> Change:
    cache = Cache(layout.cache)
    # Commits never change: what was found once holds.
    key = narrow.key("changelog 1", before.sha, release.sha)
    data = cache.data(key)
    if data is None:
        try:
            data = json.dumps(_compare(layout, before, release), default=str).encode()
        except errors.DataMissing:
            ends = [show(layout, one.sha)["records"] for one in (before, release)]
            return Change(release, before.version, (ends[0], ends[1]), {}, {}, known=False)
        cache.put_data(key, data)
    told = json.loads(data)
    was, now = told["ends"]
    return Change(release, before.version, (was, now), {}, told["difference"])


def _compare(layout: Layout, before: Release, release: Release) -> dict[str, Any]:
    told = diff(layout, before.sha, release.sha).json()
    ends = [told["from"]["records"], told["to"]["records"]]
    return {"ends": ends, "difference": {name: told[name] for name in KEPT}}
