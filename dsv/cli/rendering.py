"""Diffs for people and programs."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dsv.cli import options
from dsv.delta import values

if TYPE_CHECKING:
    from dsv.delta.model import Cause, RecordDelta
    from dsv.ops.diff import Diff
    from dsv.ops.stat import Stat

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
    by: str | None = None
    output: Path | None = None
    link: str | None = None


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
    click.echo(
        f"{found.a.rev} {(a['root'] or '?')[:12]} → {found.b.rev} {(b['root'] or '?')[:12]}   {a['records']:,} → {b['records']:,} records"
    )
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
            [f"  {sum(counts.values()):,}", cause.kind, _cause(cause), _ops(counts)]
            for cause, counts in found.causes[:25]
        ],
        right={0},
    )
    if len(found.causes) > 25:
        click.echo(f"  … {len(found.causes) - 25} more causes (--format json)")
    if wanted.records or wanted.by or wanted.op or wanted.where or wanted.column or wanted.split:
        _records(found, wanted)


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


def _cause(cause: Cause) -> str:
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
    shown = 0
    last: Cause | None = None
    deltas = list(chosen(found, wanted))
    if wanted.by == "cause":
        order = {id(cause): i for i, (cause, _) in enumerate(found.causes)}
        deltas.sort(key=lambda delta: order[id(delta.cause)])
    for delta in deltas:
        if wanted.by == "cause" and delta.cause is not last:
            click.echo(f"\n{delta.cause.kind} {_cause(delta.cause)}")
            last = delta.cause
        _record(delta, with_cause=wanted.by != "cause")
        shown += 1
    total = sum(found.counts[:4])
    if wanted.limit is not None and shown == wanted.limit < total:
        click.echo(f"… {total - shown:,} more (--limit 0)")


def chosen(found: Diff, wanted: Wanted) -> Iterator[RecordDelta]:
    """The records that are wanted."""
    left = wanted.limit
    for delta in found.records(where=wanted.where):
        if left == 0:
            return
        if wanted.op and delta.op not in wanted.op:
            continue
        values = (delta.old or {}, delta.new or {})
        if wanted.column and (delta.old is None or delta.new is None or not any(wanted.column in v for v in values)):
            continue
        if wanted.split and not any(v.get("split") == wanted.split for v in values):
            continue
        left = None if left is None else left - 1
        yield delta


def _record(delta: RecordDelta, *, with_cause: bool) -> None:
    click.echo(
        f"{SIGNS[delta.op]} {delta.id}" + (f"    {delta.cause.kind} {_cause(delta.cause)}" if with_cause else "")
    )
    if delta.old is not None and delta.new is not None:
        for name in delta.new:
            for line in values.changed(values.short(name), delta.old.get(name), delta.new.get(name)):
                click.echo(f"    {line}")


def as_json(found: Diff, wanted: Wanted) -> None:
    """`dsv.diff/v1`."""
    options.emit_json("dsv.diff", found.json())


def jsonl(found: Diff, wanted: Wanted) -> None:
    """One changed record a line."""
    limit = None if wanted.limit == 20 else wanted.limit
    options.emit_lines(record_json(delta) for delta in chosen(found, wanted._replace(limit=limit)))


def record_json(delta: RecordDelta) -> dict[str, Any]:
    """A changed record as JSON has it."""
    cause = delta.cause
    told = {"kind": cause.kind, "stage": cause.stage, "what": cause.what}
    if cause.was is not None or cause.now is not None:
        told |= {"from": cause.was, "to": cause.now}
    return {"id": delta.id, "op": delta.op, "from": delta.old, "to": delta.new, "cause": told}


def markdown(found: Diff, wanted: Wanted) -> None:
    """A scoreboard for a pull request."""
    _page(found, wanted, "md")


def html(found: Diff, wanted: Wanted) -> None:
    """A page that opens offline."""
    _page(found, wanted, "html")


def _page(found: Diff, wanted: Wanted, form: str) -> None:
    asked = [f"{name} {_told(value)}" for name in ("op", "where", "column", "split") if (value := getattr(wanted, name))]
    limit = None if wanted.limit == 20 else wanted.limit
    asked += [f"the first {limit:,}"] if limit else []
    some = chosen(found, wanted._replace(limit=limit)) if asked else None
    pages = importlib.import_module("dsv.ops.report")  # what it needs is slow to import
    made: str = pages.render(found, form, some, ", ".join(asked), wanted.link)
    if wanted.output is None:
        click.echo(made, nl=not made.endswith("\n"))
    else:
        wanted.output.write_text(made, encoding="utf-8", newline="")


def _told(value: Any) -> str:
    return " or ".join(value) if isinstance(value, tuple) else str(value)


FORMS = {"text": text, "json": as_json, "jsonl": jsonl, "md": markdown, "html": html}
