"""Metrics of two runs, side by side. Needs no data."""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

from dsv.project.layout import Layout
from dsv.project.version import run
from dsv.trackers.base import Run


class MetricChange(NamedTuple):
    """One metric of both runs; None where a run has none."""

    name: str
    was: float | None
    now: float | None

    @property
    def change(self) -> float | None:
        return None if self.was is None or self.now is None else self.now - self.was

    def json(self) -> dict[str, Any]:
        return {"name": self.name, "from": _finite(self.was), "to": _finite(self.now), "change": _finite(self.change)}


def metric_changes(layout: Layout, a: str, b: str) -> list[MetricChange] | None:
    """The metrics of the runs that two REVs name, by name; None where neither names one."""
    pair = run(layout, a), run(layout, b)
    return None if pair == (None, None) else side_by_side(*pair)


def side_by_side(a: Run | None, b: Run | None) -> list[MetricChange]:
    """The metrics of either run, by name."""
    was, now = (found.metrics if found else {} for found in (a, b))
    return [MetricChange(name, was.get(name), now.get(name)) for name in sorted({**was, **now})]


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
