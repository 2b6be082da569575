"""Decision files of a stage in the workspace: written, or linked from the previous version where nothing changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from dsv.ledger import file as ledger_file
from dsv.ledger.decisions import ALL, MOVES, Decisions, columns_of
from dsv.project.layout import Layout
from dsv.project.manifest import Shard
from dsv.runner.shards.previous import Previous
from dsv.store import files
from dsv.table import shard as shard_file


def link(layout: Layout, instance: str, shard: Shard, digests: Mapping[str, str], previous: Previous) -> bool:
    """Links all files of one shard from the previous version; False if one differs there or is not at hand."""
    if previous.digests.get(shard.relative) != digests or not digests:
        return False
    folder = layout.decisions(instance)
    names = [shard.relative, ledger_file.sets_name(shard.relative)]
    there = [name for name in names if name in previous.objects]
    return bool(there) and all(previous.fetch(name, folder / name) for name in there)


def put(
    layout: Layout,
    stage: tuple[str, str, int],
    shard: Shard,
    decisions: Decisions,
    digests: Mapping[str, str],
    previous: Previous,
) -> bool:
    """Puts the files of one shard in place; True when all were linked. `stage` is instance, stage and revision."""
    instance, name, revision = stage
    folder = layout.decisions(instance)
    meta = {
        "stage": name, "revision": revision, "layout": "dense" if decisions.dense else "sparse", "base": shard.digest,
        "digest": digests[ALL],
    }  # fmt: skip
    if decisions.dense:
        if previous.link(shard.relative, digests, folder / shard.relative):
            return True
        _write(folder / shard.relative, ledger_file.moves(decisions), meta)
        return False
    moved = {MOVES: digests[MOVES]} if MOVES in digests else {}
    parts = (
        (shard.relative, moved, ledger_file.moves, shard_file.CLOSE),
        (ledger_file.sets_name(shard.relative), columns_of(digests), ledger_file.sets, shard_file.LEVEL),
    )
    linked = True
    for relative, own, table, level in parts:
        if own and not previous.link(relative, own, folder / relative, shard.relative):
            # The digest of this part alone: the other part may change without it.
            _write(folder / relative, table(decisions), meta | {"digest": own}, level)
            linked = False
    return linked


def _write(path: Path, table: pl.DataFrame | None, meta: Mapping[str, object], level: int = shard_file.LEVEL) -> None:
    assert table is not None
    files.write(path, shard_file.to_bytes(table, meta, level))
