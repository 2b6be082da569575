"""dsv status"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
            click.echo(f"    {cause['kind']} {cause['name']}{_change(cause)}")
    for path in found.uncommitted:
        click.echo(f"uncommitted: {path}")
    if found.clean:
        click.echo("Up to date; everything is committed.")
    elif all(s.state == "fresh" for s in found.stages):
        click.echo("hint: dsv commit -m MESSAGE", err=True)
    else:
        click.echo("hint: dsv run", err=True)


def _change(cause: dict[str, Any]) -> str:
    """What became of a param, of code or of an order; data and stages are named only."""
    if cause["kind"] not in ("param", "code", "order"):
        return ""
    was, now = (json.dumps(cause[side], ensure_ascii=False, default=str) for side in ("from", "to"))
    return f": {was} → {now}"
