"""What changed between two training runs: each metric, beside the change of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dsv import errors
from dsv.engines.local import Local
from dsv.ops import predictions, slices
from dsv.ops.diff import Diff, diff
from dsv.ops.load import ID, take, whole
from dsv.ops.metric_changes import MetricChange, side_by_side
from dsv.ops.slices import Slice
from dsv.project.layout import Layout
from dsv.project.version import Version, run
from dsv.runner.compare.side import SPLIT, Side
from dsv.trackers.base import Run


@dataclass(frozen=True)
class RunsDiff:
    """Two runs (None: that side is a version, not a run), their metrics, and how right they were by slice.

    `notes` say why there are no slices, or what they leave out.
    """

    a: Run | None
    b: Run | None
    metrics: Sequence[MetricChange]
    slices: Sequence[Slice]
    notes: Sequence[str]

    def json(self) -> dict[str, Any]:
        """The keys that `dsv.diff/v1` has in addition."""
        return {
            "runs": {"from": _told(self.a), "to": _told(self.b)},
            "metrics": [change.json() for change in self.metrics],
            "slices": [found.json() for found in self.slices],
            "notes": list(self.notes),
        }


def _told(found: Run | None) -> dict[str, Any] | None:
    """What a run says of itself besides its metrics; None where it is none."""
    return found and {"split": found.split, "predictions": found.predictions and found.predictions.path}


def diff_runs(layout: Layout, a: str, b: str) -> RunsDiff:
    """The change of each metric from run `a` to run `b`, and of their accuracy by slice."""
    found = compare(diff(layout, a, b))
    if found is None:
        raise errors.UsageError(f"Neither {a} nor {b} is a run.", hint="dsv runs list")
    return found


def compare(found: Diff) -> RunsDiff | None:
    """What the runs that a diff was asked for say beside it; None where neither side is a run."""
    pair = [run(version.layout, version.rev) for version in (found.a, found.b)]
    if pair == [None, None]:
        return None
    notes: list[str] = []
    a, b = pair
    told = _slices(found, a, b, notes) if a is not None and b is not None else []
    return RunsDiff(a, b, side_by_side(a, b), told, notes)


def _slices(found: Diff, a: Run, b: Run, notes: list[str]) -> list[Slice]:
    if a.predictions is None or b.predictions is None:
        without = [version.rev for version, told in ((found.a, a), (found.b, b)) if told.predictions is None]
        notes.append(f"no slices: {' and '.join(without)} came without predictions")
        return []
    label, groups = _sliced_by(found.b)
    old, new = (_records(side, [label, SPLIT, *groups]) for side in found._sides)
    for version, frame in ((found.a, old), (found.b, new)):
        if label not in frame.columns or frame.schema[label].is_nested():
            notes.append(
                f"no slices: {version.rev} has no column {label!r} of single values (audit.label in params.yaml)"
            )
            return []
    try:
        said = [
            predictions.load(told, version) for told, version in ((a.predictions, found.a), (b.predictions, found.b))
        ]
    except errors.DataMissing as error:
        notes.append(f"no slices: {error.message} ({error.hint})")
        return []
    before = slices.judged(old, said[0], label, "before")
    after = slices.judged(new, said[1], label, "after")
    notes += _left_out(found, (said[0], before, old), (said[1], after, new))
    common = before.select("id", "before").join(after.select("id", "after"), on="id")
    return slices.slices(old, new, common, _changes(found), list(dict.fromkeys([SPLIT, label, *groups])))


def _left_out(found: Diff, *pairs: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> list[str]:
    """What the slices do not count: predictions of no record, or of one without a label."""
    told = []
    for version, (said, judged, frame) in zip((found.a, found.b), pairs, strict=True):
        unknown = said.join(frame, on="id", how="anti")
        if unknown.height:
            like = f"; ids are like {frame['id'][0]}" if frame.height else ""
            told.append(
                f"{unknown.height:,} of {said.height:,} predictions of {version.rev} name no record of its version, as {unknown['id'][0]}{like}"
            )
        if said.height - unknown.height > judged.height:
            told.append(
                f"{said.height - unknown.height - judged.height:,} predicted records of {version.rev} have no label"
            )
    return told


def _sliced_by(version: Version) -> tuple[str, list[str]]:
    """The column of labels and those of groups: what audit looks at."""
    section: Mapping[str, Any] = version.params.get("audit") or {}
    groups = section.get("groups") or []
    return str(section.get("label") or "label"), [str(name) for name in groups]


def _records(side: Side, names: Sequence[str]) -> pl.DataFrame:
    """The kept records of a version: `id`, and of the columns those that it has."""
    wanted = [ID, *dict.fromkeys(name for name in names if name in side.columns)]
    engine = Local()
    try:
        frames = engine.map(lambda shard: take(side, shard, None, wanted), side.shards)
    finally:
        engine.close()
    return whole(frames).rename({ID: "id"}) if frames else pl.DataFrame(schema={"id": pl.String})


def _changes(found: Diff) -> pl.DataFrame:
    """The deltas of a diff as id, op, cause."""
    rows, (a, b) = found.rows, found._sides
    ids = [side.ids(rows.select(shard=f"{at}_shard", row=f"{at}_row")) for at, side in (("b", b), ("a", a))]
    ids = [one if len(one) == rows.height else pl.Series([None] * rows.height, dtype=pl.String) for one in ids]
    causes = [f"{cause.kind} {cause.what}" for cause in found._causes]
    return pl.DataFrame(
        {
            "id": pl.select(pl.coalesce(*ids)).to_series(),
            "op": rows["op"].cast(pl.String),
            "cause": pl.Series([causes[number] for number in rows["cause"]], dtype=pl.String),
        }
    )
