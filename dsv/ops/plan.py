"""What a change of params would do, before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from dsv import errors
from dsv.delta.model import OPS, Cause
from dsv.ops.build import Built, Wanted, build, deliveries_here
from dsv.ops.diff import Diff, between, cause_json
from dsv.ops.progress import SILENT
from dsv.ops.run import Work
from dsv.ops.scratch import Scratch
from dsv.project.layout import LOCK, PARAMS, Layout
from dsv.project.locked import Locked
from dsv.record import place, yaml12
from dsv.record.changes import Change, changes
from dsv.record.problem import ParamsError, editing
from dsv.runner.compare.side import SPLIT

HERE = Work("local", None, SILENT)


class Effect(NamedTuple):
    """How many records a cause would do something to, and how many of them are in which split (before, if they are there)."""

    cause: Cause
    op: str
    n: int
    splits: Mapping[str, int]

    def json(self) -> dict[str, Any]:
        return {"cause": cause_json(self.cause), "op": self.op, "n": self.n, "splits": dict(self.splits)}


class Plan(NamedTuple):
    """What would change: params (path, old, new), the stages that would run, and records, with their causes.

    What was built for it is removed when nothing refers to the diff any more.
    """

    changes: Sequence[Change]
    stages: Sequence[str]
    diff: Diff
    effects: Sequence[Effect]

    def json(self) -> dict[str, Any]:
        """The value of `dsv.plan/v1`: that of `dsv.diff/v1`, and why."""
        told = [{"name": name, "from": was, "to": now} for name, was, now in self.changes]
        return {
            "changes": told,
            "stages": list(self.stages),
            "effects": [effect.json() for effect in self.effects],
        } | self.diff.json()


def plan(
    layout: Layout,
    sets: Sequence[str] = (),
    params: Path | None = None,
    stages: Sequence[str] = (),
    work: Work = HERE,
) -> Plan:
    """What the workspace's params.yaml (or that of `params`), with `sets` ("clean.rules[0].range.min=5") put in, would change.

    Compared with what the last run built, after all stages or after those that are named. Nothing of the project changes.
    """
    if not (layout.root / LOCK).exists():
        raise errors.DsvError("Nothing was run here yet, so there is nothing to compare with.", hint="dsv run")
    base = Locked(layout)
    text = _params(layout, sets, params)
    try:
        built = build(base, Wanted(text, deliveries_here(layout), stages=tuple(stages)), Scratch(layout, "plan"), work)
    except ParamsError as error:
        name = PARAMS if params is None else str(params)
        raise error.called(f"{name} with --set", lines=False) if sets else error.called(name) from error
    old = Locked(layout, only=built.only) if stages else base
    found = between(old, built)
    return Plan(_changes(base, built), tuple(built.ran), found, effects(found))


def _params(layout: Layout, sets: Sequence[str], params: Path | None) -> bytes:
    try:
        text = (params or layout.params).read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise errors.UsageError(f"{params} is no file.") from error
    name = PARAMS if params is None else str(params)
    tree: Any = yaml12.mapping(text, name, editing(name) or "edit it")
    if not sets:
        return text
    for one in sets:
        name, equals, value = one.partition("=")
        if not equals:
            raise errors.UsageError(f"{one!r} sets nothing.", hint="write it as in clean.rules[1].range.min=5")
        tree = place.put(tree, place.parse(name.strip()), _value(one, value))
    return yaml12.dump(tree).encode()


def _value(one: str, value: str) -> Any:
    try:
        return yaml12.load(value)
    except errors.DsvError as error:
        raise errors.UsageError(f"{one!r}: the value is {error.message}.") from error


def _changes(base: Locked, built: Built) -> list[Change]:
    was, now = (
        {name: section for name, section in params.items() if section is not None}
        for params in (base.params, built.params)
    )
    # To DVC an empty section is none, and so it is to what the last run kept.
    for here, there in ((was, now), (now, was)):
        for name in [name for name, section in here.items() if not section and name not in there]:
            del here[name]
    return changes(was, now)


def effects(diff: Diff) -> list[Effect]:
    """What each cause would do, in the order of the causes."""
    counted = _counted(diff)
    return [
        Effect(cause, op, n, counted.get((number, op), {}))
        for number, (cause, counts) in enumerate(diff.causes)
        for op in OPS
        if (n := counts[op])
    ]


def _counted(diff: Diff) -> dict[tuple[int, str], dict[str, int]]:
    """(Place of the cause, op) → split → how many of its records are there."""
    old, new = diff.sides
    at = {repr(cause): number for number, (cause, _) in enumerate(diff.causes)}
    places = pl.Series([at[repr(cause)] for cause in diff._causes], dtype=pl.UInt32)
    rows = diff.rows
    if rows.is_empty():
        return {}
    before = old.splits(rows.select(shard="a_shard", row="a_row"))
    splits = pl.select(pl.coalesce(before, new.splits(rows.select(shard="b_shard", row="b_row")))).to_series()
    frame = pl.DataFrame({"cause": places.gather(rows["cause"]), "op": rows["op"], SPLIT: splits}).drop_nulls()
    found: dict[tuple[int, str], dict[str, int]] = {}
    for cause, op, name, n in frame.group_by("cause", "op", SPLIT).len().sort("len", SPLIT).iter_rows():
        found.setdefault((cause, op), {})[name] = n
    return found
