"""Settles what both sides of a merge changed. History is not rewritten: what was chosen arrives as a delivery of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dsv import errors
from dsv.dvcio import dotdvc
from dsv.dvcio.turn import turn
from dsv.ops import answers, choose, unmerged
from dsv.ops.add import add, free
from dsv.ops.answers import Answer
from dsv.ops.checkout import place
from dsv.ops.conflicts import Found, Namesake, conflicts
from dsv.ops.delivery import Delivery
from dsv.project import cache, edit, merging
from dsv.project.layout import PARAMS, Layout
from dsv.project.params import load, parse
from dsv.project.pipeline import build
from dsv.record import threeway
from dsv.store import files
from dsv.vcs import merging as merges
from dsv.vcs import write
from dsv.vcs.merging import Merge

SIDES = ("ours", "theirs")


class Resolved(NamedTuple):
    """What was settled, by id, what was written (files and deliveries), and what is left to be merged by hand."""

    ids: list[str]
    written: list[str]
    left: list[str]


def resolve(
    layout: Layout, side: str | None = None, given: Mapping[str, Answer] | None = None, revs: Sequence[str] = ()
) -> Resolved:
    """Settles every conflict: as `given` says by id, else as `side` has it (`ours` or `theirs`). All or nothing.

    `revs` are two versions, where it is not about the merge under way or the last one.

    What one side alone changed (`undone`) is as that side has it, unless `given` says otherwise.
    """
    if side is not None and side not in SIDES:
        raise errors.UsageError(f"There is no side {side!r}; there are ours and theirs.")
    found = conflicts(layout, *revs)
    if revs:
        _together(layout, found)
    chosen = answers.complete(found.conflicts, side, given or {})
    prepared = [(rival, choose.rows(layout, rival, chosen)) for rival in found.rivals]
    texts = {} if revs else unmerged.merged(layout)
    written: list[str] = []
    with turn(layout.root, wait=True):
        if found.texts is not None:
            written.append(_params(layout, found, chosen))
        written += _write(layout, texts)
        written += [_apart(layout, namesake) for namesake in found.namesakes]
    assert found.merge is not None or not prepared
    for rival, rows in prepared:
        batch = _name(layout, rival.source, found.merge) if found.merge is not None else ""
        path = choose.put(layout, rival, rows)
        add(layout, Delivery([path], rival.source, batch, how="move", resolved=True))
        written.append(f"{rival.source}/{batch}")
    return Resolved([conflict.id for conflict in found.conflicts], written, merges.unmerged(layout.root))


def _together(layout: Layout, found: Found) -> None:
    """Refuses to settle what is not merged yet: the deliveries of both must be there."""
    known = load(layout.params).sources
    for rival in found.rivals:
        for name, _ in (*rival.sides.ours.deliveries, *rival.sides.theirs.deliveries):
            if rival.source not in known or name not in known[rival.source].batches:
                raise errors.DsvError(
                    f"{rival.source}/{name} is not here: both must be merged first.", hint="git merge"
                )


def _params(layout: Layout, found: Found, chosen: Mapping[str, Answer]) -> str:
    """Writes the merged params.yaml, and tells git that it is merged."""
    assert found.texts is not None

    def pick(conflict: threeway.Conflict) -> Any:
        answer = chosen[conflict.name]
        if answer.given:
            return answer.value
        return conflict.theirs if answer.side == "theirs" else conflict.ours

    text = merging.chosen(PARAMS, found.texts, pick)
    build(parse(text))
    files.write(layout.params, text)
    write.add(layout.root, [PARAMS])
    return PARAMS


def _write(layout: Layout, texts: Mapping[str, bytes]) -> list[str]:
    """Writes merged files, and tells git so."""
    for path, text in texts.items():
        files.write(layout.root / path, text)
    write.add(layout.root, list(texts))
    return list(texts)


def _apart(layout: Layout, same: Namesake) -> str:
    """Gives their delivery a name of its own; ours keeps the name, and both are there."""
    known = load(layout.params).sources
    batches = known[same.source].batches if same.source in known else ()
    name = free(same.batch, batches)
    folder = layout.raw(same.source, same.batch)
    for out in (same.ours, same.theirs._replace(path=name)):
        files.write(folder.with_name(f"{out.path}.dvc"), dotdvc.dump(out).encode())
    ignore = folder.parent / ".gitignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    files.write(ignore, "".join(f"{line}\n" for line in dict.fromkeys([*lines, f"/{name}"])).encode())
    edit.add_batch(layout.params, same.source, name)
    store = cache.store(layout)
    if store.has(same.ours.oid):
        # What lies there may be theirs: git leaves data as it is when the branch is changed.
        place(store, same.ours.oid, folder)
    relative = folder.parent.relative_to(layout.root).as_posix()
    write.add(layout.root, [PARAMS, f"{relative}/.gitignore", *(f"{relative}/{n}.dvc" for n in (same.batch, name))])
    return f"{same.source}/{name}"


def _name(layout: Layout, source: str, merge: Merge) -> str:
    """The batch is named after the commit that was merged: two clones that settle two merges do not meet in a name."""
    return free(f"merge-{merge.theirs[:7]}", load(layout.params).sources[source].batches)
