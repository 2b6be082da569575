"""Diffs for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dsv.cli import options
from dsv.delta import values

if TYPE_CHECKING:
    from dsv.delta.model import Cause, RecordDelta
    from dsv.ops.diff import Diff
    from dsv.ops.stat import Stat
    from dsv.pages.model import Table

SIGNS = {"added": "+", "removed": "-", "modified": "~", "moved": ">"}
NAMED = 12


class Wanted(NamedTuple):
    """Which records are listed."""

    records: bool = False
    op: tuple[str, ...] = ()
    where: str | None = None
    column: str | None = None
    split: str | None = None
    limit: int | None = 20
    # Whether somebody said it: what is read by programs is whole otherwise.
    limited: bool = False
    by: str | None = None
    output: Path | None = None
    link: str | None = None

    @property
    def choice(self) -> dict[str, Any]:
        """What is asked of the records that are listed."""
        told = {"op": self.op, "where": self.where, "column": self.column, "split": self.split}
        return {name: value for name, value in told.items() if value not in (None, ())}

    @property
    def listing(self) -> bool:
        """Whether records are listed."""
        return bool(self.records or self.by == "cause" or self.choice)

    @property
    def whole(self) -> Wanted:
        """The same for programs: all records, unless somebody said how many."""
        return self if self.limited else self._replace(limit=None)


def stat(found: Stat) -> None:
    """Figures of both versions side by side."""
    click.echo(
        f"{found.a['rev'][:10]} {(found.a['root'] or '?')[:12]} → {found.b['rev'][:10]} {(found.b['root'] or '?')[:12]}"
    )
    rows = [[name, values.short(was), "→", values.short(now)] for name, (was, now) in sorted(found.changed.items())]
    options.table(rows)
    if not found.differs:
        click.echo("The same data set.")


def text(found: Diff, wanted: Wanted) -> None:
    """One screen: figures, schema, columns, transitions, causes; then the records, if asked for."""
    a, b = found.facts["from"], found.facts["to"]
    click.echo(f"{_end(found.a.rev, a['root'])} → {_end(found.b.rev, b['root'])}   {a['records']:,} → {b['records']:,} records")
    if not found:
        click.echo("The same records.")
        _quarantine(found)
        return
    counts = [f"{SIGNS[op]} {n:,} {op}" for op, n in found.counts._asdict().items() if op in SIGNS and n]
    click.echo(
        "  ".join([*counts, f"{found.counts.unchanged:,} unchanged"]) + (f"   ({found.bump})" if found.bump else "")
    )
    _quarantine(found)
    if found.schema:
        click.echo("schema   " + _listed(_schema(found)))
    if found.columns:
        most = sorted(found.columns.items(), key=lambda item: (-item[1], item[0]))
        click.echo("columns  " + _listed([f"{values.short(name)} {n:,}" for name, n in most]))
    for title, transitions in (("labels", found.labels), ("splits", found.splits)):
        if transitions:
            click.echo(
                f"{title:<8} " + ", ".join(f"{_class(t.was)} → {_class(t.now)} {t.n:,}" for t in transitions[:8])
            )
    if found.causes:
        click.echo("causes")
    options.table(
        [
            [f"  {sum(counts.values()):,}", cause.kind, cause_text(cause), _ops(counts)]
            for cause, counts in found.causes[:25]
        ],
        right={0},
    )
    if len(found.causes) > 25:
        click.echo(f"  … {len(found.causes) - 25} more causes (--format json)")
    if wanted.by == "commit":
        _commits(found)
    if wanted.listing:
        _records(found, wanted)


def _end(rev: str, root: str | None) -> str:
    """A version and its root; after some of the stages there is none yet."""
    return rev if root is None else f"{rev} {root[:12]}"


def _class(value: Any) -> str:
    return "none" if value is None else str(value)


def _schema(found: Diff) -> list[str]:
    schema = found.schema
    # What breaks a reader of the data comes first.
    told = [f"-{values.short(name)}" for name in schema.removed]
    told += [f"{values.short(old)} renamed {values.short(new)}" for old, new in schema.renamed.items()]
    told += [f"{values.short(name)} {was} → {now}" for name, (was, now) in schema.retyped.items()]
    return told + [f"+{values.short(name)}" for name in schema.added]


def _listed(told: list[str]) -> str:
    more = [f"… {len(told) - NAMED} more (--format json)"] if len(told) > NAMED else []
    return ", ".join([*told[:NAMED], *more])


def _quarantine(found: Diff) -> None:
    was, now = (found.facts[side]["quarantined"] for side in ("from", "to"))
    if was != now:
        click.echo(f"quarantine  {was:,} → {now:,} rows")


def cause_text(cause: Cause) -> str:
    told = _own(cause)
    return told if cause.via is None else f"{told} ← {cause.via.kind} {cause_text(cause.via)}"


def _own(cause: Cause) -> str:
    if cause.was is None and cause.now is None:
        return str(cause.what)
    if cause.kind == "param" and (cause.was is None or cause.now is None):
        return f"{cause.what} " + (
            f"removed {values.short(cause.was)}" if cause.now is None else f"added {values.short(cause.now)}"
        )
    if cause.was is None:
        return f"{cause.what} {values.short(cause.now)}"
    return f"{cause.what} {values.short(cause.was)} → {values.short(cause.now)}"


def _ops(counts: Any) -> str:
    return ", ".join(f"{SIGNS[op]}{n:,}" for op, n in counts.items() if n)


def _records(found: Diff, wanted: Wanted) -> None:
    if wanted.by == "cause" and not wanted.choice:
        _samples(found, wanted)
    else:
        shown = 0
        for delta in chosen(found, wanted):
            _record(delta, with_cause=True)
            shown += 1
        total = sum(found.counts[:4])
        if wanted.limit is not None and shown == wanted.limit < total:
            click.echo(f"… {total - shown:,} more (--limit 0)")


def _samples(found: Diff, wanted: Wanted) -> None:
    """Some records of each cause: as many of each as the limit lets all have, one at least of the largest."""
    most = max(found.counts) if wanted.limit is None else max(1, wanted.limit // max(1, len(found.causes)))
    listed = found.causes if wanted.limit is None else found.causes[: wanted.limit]
    for (cause, counts), (_, deltas) in zip(listed, found.samples(most), strict=False):
        click.echo(f"\n{cause.kind} {cause_text(cause)}")
        for delta in deltas:
            _record(delta, with_cause=False)
        if sum(counts.values()) > len(deltas):
            click.echo(f"… {sum(counts.values()) - len(deltas):,} more (--limit 0)")
    if len(listed) < len(found.causes):
        click.echo(f"\n… {len(found.causes) - len(listed)} more causes (--limit 0)")


def _commits(found: Diff) -> None:
    from dsv.ops.by_commit import by_commit

    rows = []
    for brought in by_commit(found).commits:
        if any(brought.counts.values()):
            entry = brought.entry
            told = [entry, "", ""] if isinstance(entry, str) else [entry.version or entry.sha[:10], entry.date[:10], f"{entry.author}: {entry.message}"]  # fmt: skip
            rows.append([*told, _ops(brought.counts)])
    click.echo("commits")
    options.table([["  " + row[0], *row[1:]] for row in rows])


def chosen(found: Diff, wanted: Wanted) -> Iterator[RecordDelta]:
    """The records that are wanted."""
    return found.records(limit=wanted.limit, **wanted.choice)


def _record(delta: RecordDelta, *, with_cause: bool) -> None:
    click.echo(
        f"{SIGNS[delta.op]} {delta.id}{_through(delta)}"
        + (f"    {delta.cause.kind} {cause_text(delta.cause)}" if with_cause else "")
    )
    if delta.old is not None and delta.new is not None:
        for name in delta.new:
            for line in values.changed(values.short(name), delta.old.get(name), delta.new.get(name)):
                click.echo(f"    {line}")


def _through(delta: RecordDelta) -> str:
    """The other record, or the people, through whom a record changed."""
    told = [*([f"of {delta.partner}"] if delta.partner else []), *([f"by {', '.join(delta.by)}"] if delta.by else [])]
    return f" ({', '.join(told)})" if told else ""


def as_json(found: Diff, wanted: Wanted) -> None:
    """`dsv.diff/v1`."""
    options.emit_json("dsv.diff", found.json() | listed(found, wanted))


def listed(found: Diff, wanted: Wanted) -> dict[str, Any]:
    """What JSON has beside the figures: the records that are wanted, and which commits brought the changes."""
    told: dict[str, Any] = {}
    if wanted.by == "commit":
        from dsv.ops.by_commit import by_commit

        told["commits"] = [brought.json() for brought in by_commit(found).commits]
    if wanted.listing:
        told["items"] = [record_json(delta) for delta in chosen(found, wanted.whole)]
    return told


def jsonl(found: Diff, wanted: Wanted) -> None:
    """One changed record a line."""
    options.emit_lines(record_json(delta) for delta in chosen(found, wanted.whole))


def record_json(delta: RecordDelta) -> dict[str, Any]:
    """A changed record as JSON has it."""
    told = _cause_json(delta.cause)
    told |= {"partner": delta.partner} if delta.partner else {}
    told |= {"by": list(delta.by)} if delta.by else {}
    return {"id": delta.id, "op": delta.op, "from": delta.old, "to": delta.new, "cause": told}


def _cause_json(cause: Cause) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": cause.kind, "stage": cause.stage, "what": cause.what}
    if cause.was is not None or cause.now is not None:
        told |= {"from": cause.was, "to": cause.now}
    return told | ({"via": _cause_json(cause.via)} if cause.via else {})


def markdown(found: Diff, wanted: Wanted) -> None:
    """A scoreboard for a pull request."""
    page(found, wanted, "md")


def html(found: Diff, wanted: Wanted) -> None:
    """A page that opens offline."""
    page(found, wanted, "html")


def page(found: Diff, wanted: Wanted, form: str, tables: Sequence[Table] = (), notes: Sequence[str] = ()) -> None:
    """Prints a page, or writes it, of all changed records or of those that are wanted; with tables besides."""
    asked = [f"{name} {_told(value)}" for name, value in wanted.choice.items()]
    asked += [f"the first {wanted.limit:,}"] if wanted.limited and wanted.limit else []
    some = chosen(found, wanted.whole) if asked else None
    from dsv.ops.report import render
    from dsv.pages.model import Beside

    made = render(found, form, some, Beside(", ".join(asked), wanted.link, tables, notes))
    if wanted.output is None:
        click.echo(made, nl=not made.endswith("\n"))
    else:
        wanted.output.write_text(made, encoding="utf-8", newline="")


def _told(value: Any) -> str:
    return " or ".join(value) if isinstance(value, tuple) else str(value)


def _escape(value: str) -> str:
    """The text in Markdown that people also read as it is written (changelogs)."""
    for char in "\\`*_{}[]<>|":
        value = value.replace(char, f"\\{char}" if char not in "<>" else {"<": "&lt;", ">": "&gt;"}[char])
    return value


FORMS = {"text": text, "json": as_json, "jsonl": jsonl, "md": markdown, "html": html}
