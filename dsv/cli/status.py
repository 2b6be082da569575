"""dsv status"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.status import Status, status


@click.command(epilog=options.epilog("dsv status", 10, 11))
@options.formats("text", "json")
@options.directory
def command(form: str, directory: Path, quiet: bool, verbose: int) -> None:
    """Say what is out of date and because of what, and what is uncommitted."""
    found = status(options.project(directory, verbose))
    if form == "json":
        options.emit_json("dsv.status", found.json())
    else:
        _text(found)


def _text(found: Status) -> None:
    for stage in found.stages:
        if stage.state == "fresh":
            continue
        click.echo(f"{stage.state}: {stage.stage}")
        for cause in stage.because:
            change = (
                ""
                if cause["kind"] == "stage"
                else f": {cause['from']!r} → {cause['to']!r}"
                if cause["kind"] == "param"
                else ""
            )
            click.echo(f"    {cause['kind']} {cause['name']}{change}")
    for path in found.uncommitted:
        click.echo(f"uncommitted: {path}")
    if found.clean:
        click.echo("Up to date; everything is committed.")
    elif all(s.state == "fresh" for s in found.stages):
        click.echo("hint: dsv commit -m MESSAGE", err=True)
    else:
        click.echo("hint: dsv run", err=True)
