"""The columns of a data set: those of which some kept record has a value, with the types of the values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from dsv.ledger.decisions import columns_of
from dsv.project.layout import Files
from dsv.project.manifest import Decided, Shard
from dsv.runner.shards import read
from dsv.table import types

# A column as a shard may hold it: its name, its type in the base shard, and the stages that set it there.
Form = tuple[str, str | None, tuple[str, ...]]


def live(
    files: Files, shards: Iterable[Shard], stages: Sequence[str], manifests: Mapping[str, Decided]
) -> dict[str, str]:
    """Column → type name (several joined by `|`). Free of history: what only dropped records had is no column.

    A column in the same form is looked for once, so that mostly the first shard alone is read.
    """
    seen: set[Form] = set()
    found: dict[str, set[str]] = {}
    for shard in shards:
        new = [form for form in _forms(shard, stages, manifests) if form not in seen]
        if not new:
            continue
        frame = read.view(files, shard, [name for name, *_ in new], stages)
        frame = frame.filter(read.alive(files, shard, stages))
        for form in new:
            name = form[0]
            if name in frame.columns and frame[name].null_count() < frame.height:
                found.setdefault(name, set()).add(_type(frame[name]))
                seen.add(form)
    return {name: "|".join(sorted(kinds)) for name, kinds in sorted(found.items())}


def _forms(shard: Shard, stages: Sequence[str], manifests: Mapping[str, Decided]) -> list[Form]:
    setting: dict[str, list[str]] = {}
    for stage in stages:
        for name in columns_of(manifests[stage].shards.get(shard.relative, {})):
            setting.setdefault(name, []).append(stage)
    names = sorted({*shard.schema, *setting})
    return [(name, shard.schema.get(name), tuple(setting.get(name, ()))) for name in names]


def _type(values: pl.Series) -> str:
    return types.name(values.head(0).to_arrow().type)
