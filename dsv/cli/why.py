"""dsv why"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsv.cli import options
from dsv.delta import values
from dsv.errors import UsageError
from dsv.project.layout import Layout

if TYPE_CHECKING:
    from dsv.ops.why import Trace
    from dsv.ops.why_history import Moment

SHORT = 10


@click.command(epilog=options.epilog("dsv why shop/17 --history", 2, 10, 11, 12, 13))
@click.argument("id_", metavar="ID", required=False)
@click.argument("rev", required=False)
@click.option("--history", is_flag=True, help="When it came, changed, moved and went: version by version up to REV (HEAD).")
@click.option("--find", "where", metavar="EXPR", help="Find ids by an SQL expression over columns and id, in place of ID.")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="So many found ids at most (0: all).")
@options.formats("text", "json", "jsonl")
@options.directory
def command(
    id_: str | None, rev: str | None, history: bool, where: str | None, limit: int, form: str, directory: Path, quiet: bool, verbose: int
) -> None:  # fmt: skip
    """Tell the life of a record in REV: file and row, every decision about it, what became of it.

    ID is SOURCE/KEY, or the path of a media file. Records that never made it have a life too.
    """
    layout = options.project(directory, verbose)
    if where is not None:
        _found(layout, where, id_ or rev or ".", limit, form)
    elif id_ is None:
        raise UsageError("dsv why needs the ID of a record, or --find EXPR.")
    elif history:
        _history(layout, id_, rev or "HEAD", form)
    else:
        _life(layout, id_, rev or ".", form)


def _life(layout: Layout, record: str, rev: str, form: str) -> None:
    from dsv.ops.why import why

    found = why(layout, record, rev)
    if form != "text":
        options.emit("dsv.why", found.json(), form)
        return
    for trace in (*found.earlier, found):
        _text(trace)


def _text(trace: Trace) -> None:
    place = f"split {trace.split}" if trace.split else ""
    label = f"label {trace.label}" if trace.label else ""
    click.echo(f"{trace.id}  " + ", ".join(filter(None, (trace.state, place, label))))
    click.echo(f"    ingest   from {trace.source}/{trace.batch}, {trace.file} row {trace.row}")
    for step in trace.steps:
        told = [
            step.action,
            step.rule and f"by {step.rule}",
            step.params and values.short(step.params),
            step.partner and f"because of {step.partner}",
            step.detail and f"({step.detail})",
        ]
        click.echo(f"    {step.stage:<8} " + " ".join(filter(None, told)))


def _history(layout: Layout, record: str, rev: str, form: str) -> None:
    from dsv.ops.why_history import why_history

    found = why_history(layout, record, rev)
    if form != "text":
        options.emit("dsv.why_history", {"id": record, "moments": [moment.json() for moment in found]}, form)
        return
    click.echo(record)
    for moment in found:
        _moment(moment)


def _moment(moment: Moment) -> None:
    from dsv.cli.rendering import cause_text

    entry = moment.entry
    state = "" if moment.state == "kept" else f", {moment.state}"
    through = f" (of {moment.partner})" if moment.partner else f" (by {', '.join(moment.by)})" if moment.by else ""
    click.echo(f"{entry.version or entry.sha[:SHORT]}  {entry.date[:10]}  {entry.author}: {entry.message}")
    click.echo(f"    {moment.what}{state}    {moment.cause.kind} {cause_text(moment.cause)}{through}")
    for name in moment.new:
        for line in values.changed(values.short(name), moment.old.get(name), moment.new.get(name)):
            click.echo(f"        {line}")


def _found(layout: Layout, where: str, rev: str, limit: int, form: str) -> None:
    from dsv.ops.why import matches

    found = list(itertools.islice(matches(layout, where, rev), limit + 1 if limit else None))
    shown = found[:limit] if limit else found
    if form != "text":
        options.emit("dsv.found", [match._asdict() for match in shown], form)
        return
    options.table([[match.id, match.state] for match in shown])
    if len(shown) < len(found):
        click.echo("… more (--limit 0)")
    if not found:
        click.echo("No record.")
