"""The rows that a person chose of a source in conflict, as a delivery."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from dsv import errors
from dsv.formats import parquet
from dsv.ops.answers import Answer
from dsv.ops.checkout import deliveries
from dsv.ops.rivals import POSITION, RESOLVED, Rival
from dsv.project.layout import ORIGIN, Layout
from dsv.project.version import Version
from dsv.record import identity
from dsv.record.problem import nearest
from dsv.runner.compare import clash
from dsv.runner.compare.clash import Held
from dsv.table import shard as shard_file
from dsv.table import types
from dsv.table.together import together

STAGING = "resolve"


class Chosen:
    """The places of the chosen rows on each side, and the rows that were written by hand."""

    def __init__(self) -> None:
        self.at: dict[str, list[pl.DataFrame]] = {"ours": [], "theirs": []}
        self.edited: list[pl.DataFrame] = []


def rows(layout: Layout, rival: Rival, answers: Mapping[str, Answer]) -> Chosen:
    """What is to be delivered: the answers, and of a snapshot all other records too, as the side has them that changed them."""
    if rival.params.get("on_conflict") == "error":
        raise errors.DsvError(
            f"sources.{rival.source}.on_conflict is error: it refuses a key that arrives again.",
            hint=f"set sources.{rival.source}.on_conflict to replace, then dsv resolve",
        )
    found = Chosen()
    for entry in rival.open.iter_rows(named=True):
        _choose(rival, entry, answers[f"{rival.source}/{entry['key']}"], found)
    if rival.sides.snapshot:
        _rest(rival, found)
    return found


def _choose(rival: Rival, entry: Mapping[str, Any], answer: Answer, found: Chosen) -> None:
    name = f"{rival.source}/{entry['key']}"
    side = answer.side or ("ours" if entry["ours_at"] else "theirs")
    at = entry[f"{side}_at"]
    values = dict(answer.values)
    if answer.given:
        values[str(rival.params.get("value"))] = answer.value
    if not at and values:
        raise errors.UsageError(f"{name}: {side} has no such record, so there is nothing to put values in.")
    if not at and not rival.sides.snapshot:
        raise errors.UsageError(
            f"{name} was taken away by {side}, which a delivery cannot do again.", hint="choose the other side of it"
        )
    if not at:
        return
    place = pl.DataFrame(at, schema=POSITION)
    if not values:
        found.at[side].append(place)
        return
    if len(at) > 1:
        raise errors.UsageError(f"{name} has {len(at)} rows; only a side can be chosen.")
    held = rival.sides.ours if side == "ours" else rival.sides.theirs
    row = held.rows(place)
    if answer.side is None:
        _covered(rival, entry, name, values)
    found.edited.append(_edited(row, values, name, rival))


def _covered(rival: Rival, entry: Mapping[str, Any], name: str, values: Mapping[str, Any]) -> None:
    """Without a side, the values must say everything that the sides disagree about."""
    sides = [
        held.rows(pl.DataFrame(entry[f"{side}_at"], schema=POSITION)).to_dicts()
        for side, held in rival.sides.named()
        if side in ("ours", "theirs") and entry[f"{side}_at"]
    ]
    one, other = (side[0] for side in (sides[0], sides[-1]))
    left = [c for c in {**one, **other} if one.get(c) != other.get(c) and c not in values]
    if left:
        raise errors.UsageError(f"{name}: {', '.join(left)} differs too; say its value, or a side.")


def _edited(row: pl.DataFrame, values: Mapping[str, Any], name: str, rival: Rival) -> pl.DataFrame:
    key = (rival.sides.ours.shards or rival.sides.theirs.shards)[-1].key
    for column, value in values.items():
        if column in key:
            raise errors.UsageError(f"{name}: {column} is part of the id, which cannot be changed.")
        if column not in row.columns:
            raise errors.UsageError(f"{name} has no column {column!r}{nearest(column, row.columns) or '.'}")
        try:
            new = pl.Series(column, [value]).cast(row.schema[column], strict=True)
        except (pl.exceptions.PolarsError, TypeError) as error:
            kind = types.called(row.schema[column])
            raise errors.UsageError(f"{name}: {column} is {kind}, and {value!r} is none.") from error
        row = row.with_columns(new)
    return row


def _rest(rival: Rival, found: Chosen) -> None:
    """All records that are not in conflict: a snapshot without them would take them away."""
    others = rival.changed.filter(~(pl.col("both") | pl.col("undone")))
    for side, mask in (("theirs", pl.col("newer")), ("ours", ~pl.col("newer"))):
        column = f"{side}_at"
        places = others.filter(mask & pl.col(column).is_not_null())[column]
        if len(places):
            found.at[side].append(places.explode().struct.unnest())
    found.at["ours"].append(clash.common(rival.sides))


def put(layout: Layout, rival: Rival, chosen: Chosen) -> Path:
    """Writes the delivery into a folder of its own: the files of media, else one Parquet file; the path to deliver."""
    folder = layout.temporary / STAGING / rival.source
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sides = {"ours": rival.sides.ours, "theirs": rival.sides.theirs}
    at = {side: pl.concat(parts) for side, parts in chosen.at.items() if parts}
    if rival.params.get("kind") == "media":
        for side, places in at.items():
            _link(layout, sides[side], places, folder)
        return folder
    frames = [*(sides[side].rows(places) for side, places in at.items()), *chosen.edited]
    whole = together([frame for frame in frames if frame.height])
    parquet.write(whole.drop(identity.CONTENT_KEY, strict=False).to_arrow(), folder / RESOLVED)
    return folder


def _link(layout: Layout, held: Held, places: pl.DataFrame, folder: Path) -> None:
    """The files in which the records were delivered, out of the cache."""
    version = held.files
    assert isinstance(version, Version)
    store, raw = version.store, deliveries(version)
    for (index,), group in places.partition_by("shard", as_dict=True).items():
        shard = held.shards[index]
        origin = held.files.open(ORIGIN, shard.relative)
        if origin is None:
            raise errors.DataMissing(f"{ORIGIN}/{shard.relative} is missing.", hint=f"dsv pull {version.name}")
        names = shard_file.read(origin, ["file"], what=ORIGIN)["file"].cast(pl.String)[group["row"]]
        tree = store.tree(raw[f"data/raw/{shard.source}/{shard.batch}"])
        for name in names:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            store.link(tree[name], target)
