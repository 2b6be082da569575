"""The life of one record over the versions: when it came, changed, moved and went, by which commit, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import polars as pl

from dsv.delta import columns as delta_columns
from dsv.delta.model import ADDED, MODIFIED, MOVED, REMOVED, Cause
from dsv.lineage.causes import Causes
from dsv.ops.diff import cause_json
from dsv.ops.sides import Opened
from dsv.ops.why import DROPPED, KEPT, named, traces, why
from dsv.project.history import Entry, entries
from dsv.project.layout import INGEST, Layout
from dsv.project.version import Version, ahead, find
from dsv.runner.compare import explain, locate
from dsv.runner.compare.difference import ROWS, Difference, same_base
from dsv.runner.compare.side import SPLIT, Side
from dsv.runner.compare.votes import Merging

# So many versions' files are in memory at once.
AHEAD = 100
CAME, CHANGED, WENT = "came", "changed", "went"
WHAT = {ADDED: CAME, MODIFIED: CHANGED, MOVED: MOVED, REMOVED: WENT}


class Moment(NamedTuple):
    """What one version did to the record. `old` and `new` hold the columns that changed; `state` is what became of it."""

    entry: Entry
    what: str
    state: str
    cause: Cause
    partner: str | None
    by: tuple[str, ...]
    old: dict[str, Any]
    new: dict[str, Any]

    def json(self) -> dict[str, Any]:
        e = self.entry
        return {
            "rev": e.sha, "version": e.version, "date": e.date, "author": e.author, "message": e.message, "what": self.what, "state": self.state,
            "from": self.old, "to": self.new, "cause": cause_json(self.cause), "partner": self.partner, "by": list(self.by),
        }  # fmt: skip


class _At(NamedTuple):
    """A record in one version: its base row (the live one, of several), whether it is kept, all that was decided of it, and
    the values that it has where it is kept."""

    opened: Opened
    place: tuple[int, int] | None
    kept: bool
    decided: tuple[Any, ...]
    values: dict[str, Any]


def why_history(layout: Layout, id: str, rev: str = "HEAD") -> list[Moment]:  # noqa: A002
    """The moments of a record, oldest first, up to a revision. Versions that decided the same about it are not read."""
    last = find(layout, rev).sha or "HEAD"
    found = list(_moments(layout, named(layout, id), entries(layout, last)[::-1]))
    if not found:
        # Says what is known of it, or that nothing is.
        why(layout, id, rev)
    return found


def _moments(layout: Layout, record: str, versions: list[Entry]) -> Iterator[Moment]:
    before: _At | None = None
    wanted = locate.hashed([record])
    known: locate.Hits = {}
    for entry, opened in _opened(layout, versions):
        if INGEST not in opened.version.locked:
            continue
        after = _at(opened, wanted, known)
        if after.decided == (before.decided if before else ()):
            after = after._replace(values=before.values if before else {})
        else:
            after = after._replace(values=_values(before, after))
            moment = _moment(entry, record, before, after)
            if moment is not None:
                yield moment
        before = after


def _opened(layout: Layout, versions: list[Entry]) -> Iterator[tuple[Entry, Opened]]:
    """The versions, read ahead by the hundred: a call of git takes longer than what is read by it."""
    for first in range(0, len(versions), AHEAD):
        some = versions[first : first + AHEAD]
        found = [Version(layout, entry.version or entry.sha, entry.sha) for entry in some]
        ahead(found)
        yield from zip(some, map(Opened, found), strict=True)


def _at(opened: Opened, wanted: pl.DataFrame, known: locate.Hits) -> _At:
    side = opened.side
    place, kept = None, False
    decided = []
    for index, row, _, live in locate.copies(side, wanted, known):
        shard = side.shards[index]
        decided.append((shard.relative, shard.digest, row, side.decided(shard)))
        now = live and bool(side.kept(shard)[row])
        if live or place is None or now:
            place, kept = (index, row), now
    return _At(opened, place, kept, tuple(decided), {})


def _moment(entry: Entry, record: str, before: _At | None, after: _At) -> Moment | None:
    """What happened between two versions, None where nothing did that shows."""
    was = before is not None and before.kept
    old, new = before.values if before else {}, after.values
    columns = [name for name in {**old, **new} if not _equal(old.get(name), new.get(name))] if was and after.kept else None
    if columns == []:
        return None
    if was and after.kept:
        op = MOVED if columns == [SPLIT] else MODIFIED
    elif was or after.kept:
        op = REMOVED if was else ADDED
    elif after.place is None or (before is not None and before.place is not None and _told(record, before) == _told(record, after)):
        return None
    else:
        # It never was in the data set: it came and was dropped, or is dropped otherwise now.
        op = ADDED if before is None or before.place is None else MODIFIED
    names = sorted(columns or ())
    cause, partner, by = _cause(before, after, op, names if columns else None)
    state = KEPT if after.kept else _told(record, after) if after.place is not None else "gone"
    return Moment(entry, WHAT[op], state, cause, partner, by, {n: old.get(n) for n in names}, {n: new.get(n) for n in names})


def _equal(one: Any, two: Any) -> bool:
    pair = [pl.Series([value]) for value in (one, two)]
    return not delta_columns.differs(*pair).any()


def _values(before: _At | None, after: _At) -> dict[str, Any]:
    """The values of a record that is kept. What was set alike in the same row of the version before is not read again."""
    if not after.kept:
        return {}
    columns = None if before is None else _set_anew(before, after)
    held = {} if before is None or columns is None else {name: v for name, v in before.values.items() if name not in columns}
    return held | _read(after, columns)


def _read(at: _At, columns: list[str] | None) -> dict[str, Any]:
    if at.place is None or columns == []:
        return {}
    frame = at.opened.side.records(pl.DataFrame({"shard": [at.place[0]], "row": [at.place[1]]}), columns)
    return {name: value for name, value in frame.row(0, named=True).items() if not name.startswith("_")}


def _set_anew(before: _At, after: _At) -> list[str] | None:
    """Columns that the two versions may have set otherwise; None where the record is not in the same row of the same shard."""
    if not before.kept or before.place is None or after.place is None or before.place[1] != after.place[1]:
        return None
    old, new = (at.opened.side for at in (before, after))
    was, now = old.shards[before.place[0]], new.shards[after.place[0]]
    if not same_base(was, now):
        return None
    one, two = old.digests(was), new.digests(now)
    return [name for name in {**one, **two} if one.get(name) != two.get(name)]


def _told(record: str, at: _At) -> str:
    """What dropped the record, in words."""
    last = traces(at.opened, record)[-1]
    steps = [step for step in last.steps if step.action == DROPPED]
    return f"{last.state} by {steps[-1].stage}.{steps[-1].rule}" if steps else last.state


def _cause(before: _At | None, after: _At, op: str, columns: list[str] | None) -> tuple[Cause, str | None, tuple[str, ...]]:
    row: dict[str, Any] = {"op": op, "columns": columns}
    for key, at in (("a", before), ("b", after)):
        place = at.place if at is not None else None
        row |= {f"{key}_shard": None if place is None else place[0], f"{key}_row": None if place is None else place[1]}
    rows = pl.DataFrame({name: [row[name]] for name in ROWS}, schema=ROWS)
    a = before.opened if before is not None else None
    old = a.side if a is not None else _nothing(after.opened.side)
    causes = Causes(a.facts if a is not None else after.opened.facts._replace(stages={}, sources={}), after.opened.facts)

    def merging() -> dict[str, Merging]:
        return {**(a.merging if a is not None else {}), **after.opened.merging}

    found = explain.run(Difference(rows, {}), old, after.opened.side, causes, merging)
    partner, by = found.rows.select("partner", "by").row(0)
    return found.causes[found.rows["cause"][0]], partner, tuple(by.split(explain.BETWEEN)) if by else ()


def _nothing(side: Side) -> Side:
    """The side before the first version."""
    ingested = type(side.ingested)((), {})
    return Side(side.files, ingested, side.stages[:1], {}, frozenset(), side.cache)
