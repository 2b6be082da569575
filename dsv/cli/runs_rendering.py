"""What a diff of runs says after the diff of their data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from dsv.cli import options, rendering
from dsv.cli.rendering import SIGNS, Wanted
from dsv.delta import values

if TYPE_CHECKING:
    from dsv.ops.diff import Diff
    from dsv.ops.metric_changes import MetricChange
    from dsv.ops.runs_diff import RunsDiff
    from dsv.ops.slices import Slice

SHOWN = 8  # values of one column
METRICS = 20


def text(found: Diff, wanted: Wanted, runs: RunsDiff) -> None:
    """The data, then a line a metric, then a line a slice."""
    rendering.text(found, wanted)
    metrics(runs.metrics)
    if runs.slices:
        click.echo(f"right of {runs.slices[0].records:,} records that both runs predicted")
        rows = [["", "by", "value", "records", "before", "", "after", "fixed", "broken", "data"], *_slices(runs)]
        options.table(rows, right={3, 4, 6, 7, 8})
    for note in runs.notes:
        click.echo(note)


def metrics(changes: Sequence[MetricChange]) -> None:
    """A line a metric."""
    if changes:
        click.echo("metrics")
        options.table([["", *row] for row in _metrics(changes)], right={2, 4, 5})


def as_json(found: Diff, wanted: Wanted, runs: RunsDiff) -> None:
    """`dsv.diff/v1` with the keys of runs."""
    options.emit_json("dsv.diff", found.json() | rendering.listed(found, wanted) | runs.json())


def jsonl(found: Diff, wanted: Wanted, runs: RunsDiff) -> None:
    """One changed record a line, as for versions."""
    rendering.jsonl(found, wanted)


def markdown(found: Diff, wanted: Wanted, runs: RunsDiff) -> None:
    """The scoreboard with tables of metrics and slices."""
    _page(found, wanted, runs, "md")


def html(found: Diff, wanted: Wanted, runs: RunsDiff) -> None:
    """The page with tables of metrics and slices."""
    _page(found, wanted, runs, "html")


def _page(found: Diff, wanted: Wanted, runs: RunsDiff, form: str) -> None:
    from dsv.pages.model import Table

    tables = []
    if runs.metrics:
        rows = [[name, was, now, change] for name, was, _, now, change in _metrics(runs.metrics)]
        tables.append(Table("Metrics", ["metric", "before", "after", "change"], rows, frozenset({1, 2, 3})))
    if runs.slices:
        head = ["by", "value", "records", "before", "after", "fixed", "broken", "data"]
        slices = [[*row[1:5], *row[6:]] for row in _slices(runs)]
        title = f"Right of {runs.slices[0].records:,} records that both runs predicted"
        tables.append(Table(title, head, slices, frozenset(range(2, 7))))
    rendering.page(found, wanted, form, tables, runs.notes)


def _metrics(changes: Sequence[MetricChange]) -> Iterator[list[str]]:
    """Name, before, arrow, after, change; what changed most comes first where there are many."""
    shown = changes
    if len(shown) > METRICS:
        shown = sorted(shown, key=lambda m: -abs(m.change or 0))[:METRICS]
    for metric in shown:
        yield [values.short(metric.name), _number(metric.was), "→", _number(metric.now), _change(metric)]
    if len(changes) > METRICS:
        yield [f"… {len(changes) - METRICS} more (--format json)", "", "", "", ""]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _change(metric: MetricChange) -> str:
    return "" if metric.change is None else f"{metric.change:+.4g}"


def _slices(runs: RunsDiff) -> Iterator[list[str]]:
    for by, group in groupby(runs.slices, key=lambda one: one.by):
        # What changed is told above; here it matters only where somebody predicted.
        found = [one for one in group if one.records or by not in ("change", "cause")]
        for one in found[:SHOWN]:
            yield _slice(one)
        if len(found) > SHOWN:
            yield ["", by, f"… {len(found) - SHOWN} more (--format json)", *[""] * 7]


def _slice(one: Slice) -> list[str]:
    value = "" if one.by == "all" else "none" if one.value is None else values.short(one.value)
    shares = [f"{n / one.records:.1%}" if one.records else "-" for n in (one.before, one.after)]
    data = " ".join(f"{SIGNS[op]}{n:,}" for op, n in one.data.items() if n)
    return ["", one.by, value, f"{one.records:,}", shares[0], "→", shares[1], f"{one.fixed:,}", f"{one.broken:,}", data]


FORMS = {"text": text, "json": as_json, "jsonl": jsonl, "md": markdown, "html": html}
