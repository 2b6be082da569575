"""The difference of two versions as a page for people: Markdown for a pull request, HTML to open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import polars as pl

from dsv import errors
from dsv.delta.model import RecordDelta
from dsv.delta.values import short
from dsv.ops import exhibits
from dsv.ops.diff import Diff, diff
from dsv.ops.show import describe
from dsv.pages import charts, markdown, page
from dsv.pages.exhibits import chosen
from dsv.pages.model import ADDED, CHANGED, REMOVED, SAME, Beside, Commit, End, Node, Report, Transition
from dsv.project.layout import INGEST, LOCK, Layout
from dsv.project.tagged import tags
from dsv.project.version import Version
from dsv.record.changes import changes
from dsv.runner.compare.side import Side
from dsv.runner.shards import read
from dsv.vcs import history

MOST = 200_000
COMMITS = 50
SHARDS, EACH = 5, 200
FORMS = ("html", "md")


def report(layout: Layout, a: str = "HEAD", b: str = ".", format: str = "html", link: str | None = None) -> str:  # noqa: A002
    """The difference from version `a` to version `b` as a page of its own (`html`) or as text for a pull request (`md`)."""
    if format not in FORMS:
        raise errors.UsageError(f"A report is in one of {', '.join(FORMS)}, not in {format!r}.")
    if format == "html":
        charts.ready()
    return render(diff(layout, a, b), format, beside=Beside(link=link))


def render(
    found: Diff, form: str, deltas: Iterable[RecordDelta] | None = None, beside: Beside | None = None
) -> str:
    """A page of a difference; of some of its records only, if `deltas` are given, which are those that were asked for."""
    some = sampled(found, MOST) if deltas is None else list(islice(deltas, MOST))
    made = facts(found, some, beside)
    if form == "md":
        return markdown.text(made)
    charts.ready()
    ids = {delta.id for _, group in chosen(made) for delta in group}
    return page.html(replace(made, exhibits=exhibits.find(found.a, found.b, ids)))


def sampled(found: Diff, most: int) -> list[RecordDelta]:
    """All changed records; where there are more than `most`, as many of each cause as its share is, evenly spread."""
    if found.rows.height <= most:
        return list(found.records())
    every = -(-found.rows.height // most)
    place = pl.int_range(pl.len()).over("cause")
    return list(replace(found, rows=found.rows.filter(place % every == 0)).records())


def facts(found: Diff, deltas: list[RecordDelta], beside: Beside | None = None) -> Report:
    """The value that pages are made of."""
    layout = found.a.layout
    sources, stages = _graph(found)
    return Report(
        dataset=str(found.b.params.get("dataset") or found.a.params.get("dataset") or ""),
        a=_end(found.a, found.facts["from"]),
        b=_end(found.b, found.facts["to"]),
        counts=found.counts,
        bump=found.bump,
        schema=found.schema,
        columns=found.columns,
        labels=[Transition(t.was, t.now, t.n) for t in found.labels],
        splits=[Transition(t.was, t.now, t.n) for t in found.splits],
        causes=found.causes,
        deltas=deltas,
        sources=sources,
        stages=stages,
        commits=_commits(layout, found.a, found.b),
        others=_ids(found.sides[0]),
        beside=beside or Beside(),
    )


def _ids(side: Side) -> list[str]:
    """Ids of some records of a version, changed or not."""
    shards = side.shards[:: max(1, len(side.shards) // SHARDS)]
    return [
        name
        for shard in shards
        for name in read.ids(side.files, shard).gather_every(max(1, shard.rows // EACH)).to_list()
    ]


def _end(version: Version, told: Mapping[str, Any]) -> End:
    return End(version.rev, version.sha, told["root"], told["records"], told["quarantined"])


def _commits(layout: Layout, a: Version, b: Version) -> list[Commit]:
    """The commits that made versions on the way from `a` to `b`, newest first."""
    if a.sha is None:
        return []
    found = history.log(layout.root, f"{a.sha}..{b.sha or 'HEAD'}", paths=[LOCK], limit=COMMITS)
    return [Commit(commit.sha, commit.subject, commit.author, commit.date) for commit in found]


def _graph(found: Diff) -> tuple[list[Node], list[Node]]:
    """Sources and stages of both versions, in order, with what became of them."""
    try:
        names = tags(found.a.layout)
        was, now = describe(found.a, names), describe(found.b, names)
    except errors.UnknownVersion:  # a version without reports can be compared, but not described
        return [], []
    n: Counter[str] = Counter()
    for cause, counts in found.causes:
        n[cause.stage] += sum(counts.values())
    # Reports are sorted by name; the order of the sources in params.yaml is their priority.
    declared = {**found.a.sources, **found.b.sources}
    known = {**was["sources"], **now["sources"]}
    sources = [_source(name, was, now) for name in dict.fromkeys([*declared, *known]) if name in known]
    stages = [
        _stage(name, found, was["stages"].get(name), now["stages"].get(name), n[name])
        for name in _both(was["stages"], now["stages"])
    ]
    return sources, stages


def _both(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The names of both, in the order of the new; what is gone stands after what it stood after."""
    names = list(new)
    before = ""
    for name in old:
        if name not in new:
            names.insert(names.index(before) + 1 if before else 0, name)
        before = name
    return names


def _state(old: Any, new: Any, why: Iterable[str]) -> str:
    if old is None or new is None:
        return ADDED if old is None else REMOVED
    return CHANGED if list(why) else SAME


def _source(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Node:
    old, new = was["sources"].get(name), now["sources"].get(name)
    batches = [side["batches"] if side else {} for side in (old, new)]
    why = [f"+ {batch}: {told.get('read', 0):,} read" for batch, told in batches[1].items() if batch not in batches[0]]
    if why and batches[0]:
        last = list(batches[0])[-1]
        why[0] += f" ({last}: {batches[0][last].get('read', 0):,})"
    why += [f"− {batch}" for batch in batches[0] if batch not in batches[1]]
    why += [f"~ {batch}" for batch in batches[0] if batch in batches[1] and batches[0][batch] != batches[1][batch]]
    params = [side["stages"][INGEST]["params"].get(name) or {} for side in (was, now)]
    if old and new:
        why += [_step(*step) for step in changes(params[0], params[1]) if not step[0].startswith("batches")]
    return Node(name, (new or old)["kind"] or "records", _state(old, new, why), tuple(why))


def _stage(name: str, found: Diff, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, n: int) -> Node:
    why: list[str] = []
    if old and new and name != INGEST:
        why = [_step(path, a, b) for path, a, b in changes(old["params"] or {}, new["params"] or {})]
    if old and new and old["revision"] != new["revision"]:
        why.append(_step("revision", old["revision"], new["revision"]))
    code = [version.signature.get(name, {}).get("code") for version in (found.a, found.b)]
    if old and new and code[0] != code[1]:
        why.append("its code changed")
    kept = (old or {}).get("kept"), (new or {}).get("kept")
    return Node(name, name, _state(old, new, why), tuple(why), n, kept)


def _step(path: str, was: Any, now: Any) -> str:
    if was is None:
        return f"+ {path} {short(now, 40)}"
    return f"− {path} {short(was, 40)}" if now is None else f"{path} {short(was, 40)} → {short(now, 40)}"
