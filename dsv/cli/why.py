"""dsv why"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.why import Trace, why


@click.command(epilog=options.epilog("dsv why shop/17", 10, 11, 12, 13))
@click.argument("id_", metavar="ID")
@click.argument("rev", default=".")
@options.formats("text", "json")
@options.directory
def command(id_: str, rev: str, form: str, directory: Path, quiet: bool, verbose: int) -> None:
    """Tell the life of a record in REV: file and row, every decision about it, what became of it."""
    found = why(options.project(directory, verbose), id_, rev)
    if form == "json":
        # The last copy is the record as it is; earlier ones were replaced.
        options.emit_json("dsv.why", found[-1].json() | {"earlier": [trace.json() for trace in found[:-1]]})
        return
    for trace in found:
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
            step.partner and f"because of {step.partner}",
            step.detail and f"({step.detail})",
        ]
        click.echo(f"    {step.stage:<8} " + " ".join(filter(None, told)))
