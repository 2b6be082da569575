"""What a round decided the last time, and which of its keys have to be decided again.

A key is decided again where one of its rows is new, gone, or kept unlike before. All other keys have the same rows in
the same order, so the decision is the same. Figures are sums over keys: those of the keys decided again are taken off
as they were and added as they are.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dsv.runner.shards import narrow
from dsv.runner.shards.keyset import Keys, KeySet, Places
from dsv.runner.shards.narrow import Cache
from dsv.runner.stage.context import Context
from dsv.runner.stage.gather import Mask, Part, Piece, columns, pieces
from dsv.runner.stage.prepare import NARROW, Task
from dsv.stages.base import Round

# Above this share of rows deciding all is cheaper.
MOST = 0.25


class State(NamedTuple):
    """The shards of a round in their order (with what was decided about each, by digest), and its figures."""

    pieces: list[Piece]
    names: list[str]
    decided: list[str]
    stats: dict[str, int]


class Plan(NamedTuple):
    """The parts to decide, as they were and as they are; what is known by ordinal; and the rows decided again (`hits`)."""

    old: Part
    new: Part
    keys: int
    decided: dict[int, str]
    hits: dict[int, Places]


def slot(context: Context, step: Round, number: int) -> str:
    """The place in the cache of the last state of a round of this instance."""
    return narrow.key(
        "round 1", context.instance, context.stage_name, context.stage.REVISION, context.params_hash, number, step.name
    )


def load(cache: Cache, where: str) -> State | None:
    """The state that `save` kept last."""
    data = cache.data(where)
    if data is None:
        return None
    raw = json.loads(data)
    found = State([], [], [], raw["stats"])
    for name, key, kind, rows, ordinal, batch, mask, decided in raw["shards"]:
        found.pieces.append(Piece(key, kind, rows, ordinal, batch, _mask(mask, rows)))
        found.names.append(name)
        found.decided.append(decided)
    return found


def save(
    cache: Cache,
    where: str,
    tasks: Sequence[Task],
    masks: Sequence[Mask],
    decided: Mapping[int, str],
    stats: Mapping[str, int],
) -> None:
    """Keeps the state for the next run."""
    shards = [
        [t.shard.relative, t.key, t.shard.kind, t.shard.rows, t.shard.ordinal, t.shard.batch_ordinal, _packed(mask),
         decided.get(t.shard.ordinal, "")]
        for t, mask in zip(tasks, masks, strict=True)
    ]  # fmt: skip
    cache.put_data(where, json.dumps({"stats": dict(stats), "shards": shards}).encode())


def _packed(mask: Mask) -> str:
    return "" if mask.all() else base64.b64encode(np.packbits(mask).tobytes()).decode()


def _mask(packed: str, rows: int) -> Mask:
    if not packed:
        return np.ones(rows, dtype=np.bool_)
    return np.unpackbits(np.frombuffer(base64.b64decode(packed), np.uint8), count=rows).view(np.bool_)


def figures(state: State, old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, int]:
    """The figures of all keys, after some were decided again."""
    names = dict.fromkeys([*state.stats, *old, *new])
    found = {name: state.stats.get(name, 0) - old.get(name, 0) + new.get(name, 0) for name in names}
    return {name: n for name, n in found.items() if n}


def plan(state: State, tasks: Sequence[Task], masks: Sequence[Mask], step: Round) -> Plan | None:
    """What has to be decided again; None where everything has to be."""
    context = tasks[0].context
    here = pieces(tasks, masks)
    names = [task.shard.relative for task in tasks]
    there = {name: i for i, name in enumerate(state.names)}
    same = {i: there[n] for i, n in enumerate(names) if n in there and state.pieces[there[n]].key == here[i].key}
    if list(same.values()) != sorted(same.values()):
        return None
    new_rows = {i: _unlike(here[i], state.pieces[same[i]] if i in same else None) for i in range(len(here))}
    old_rows = {same[i]: rows for i, rows in new_rows.items() if i in same}
    old_rows |= {j: _unlike(state.pieces[j], None) for j in range(len(state.pieces)) if j not in old_rows}
    touched = sum(len(rows) for rows in (*new_rows.values(), *old_rows.values()))
    if touched > MOST * sum(piece.rows for piece in here):
        return None
    kept = set(same.values())
    gone = [piece for j, piece in enumerate(state.pieces) if j not in kept]
    if not all(context.cache.has(narrow.key(piece.key, NARROW)) for piece in gone):
        return None
    wanted = KeySet(
        [
            *(_of(_keys(context, here[i], step), rows) for i, rows in new_rows.items() if len(rows)),
            *(_of(_keys(context, piece, step), old_rows[j]) for j, piece in enumerate(state.pieces) if j not in kept),
        ]
    )
    at_new = [wanted.places(_keys(context, piece, step)) for piece in here]
    back = {j: i for i, j in same.items()}
    at_old = [
        at_new[back[j]] if j in back else wanted.places(_keys(context, piece, step))
        for j, piece in enumerate(state.pieces)
    ]
    decided = {here[i].ordinal: state.decided[j] for i, j in same.items() if state.decided[j]}
    return Plan(
        Part(context, state.pieces, step, at=at_old),
        Part(context, here, step, at=at_new),
        len(wanted),
        decided,
        {piece.ordinal: rows for piece, rows in zip(here, at_new, strict=True) if len(rows)},
    )


def _unlike(piece: Piece, before: Piece | None) -> Places:
    """The rows that were not there before, or not kept alike."""
    if before is None:
        return np.arange(piece.rows, dtype=np.uint32)
    return np.flatnonzero(piece.mask != before.mask).astype(np.uint32)


def _keys(context: Context, piece: Piece, step: Round) -> Keys:
    """The first key column of a piece; 0 where a row has none. Empty where the piece takes no part in the round."""
    known = context.cache.numbers(narrow.key(piece.key, NARROW), step.key[0])
    if known is not None:
        return known
    frame = columns(context, piece)
    if step.key[0] not in frame.columns:
        return np.empty(0, dtype=np.uint64)
    found: Keys = frame[step.key[0]].fill_null(0).to_numpy()
    return found


def _of(keys: Keys, rows: Places) -> Keys:
    return keys[rows] if len(keys) else keys
