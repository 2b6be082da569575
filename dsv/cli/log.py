"""dsv log"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.log import Logged, log


@click.command(epilog=options.epilog("dsv log --oneline", 10, 11, 12))
@click.argument("rev", default="HEAD")
@click.option("--oneline", is_flag=True, help="One line a version.")
@click.option("--limit", type=click.IntRange(1), help="So many versions at most.")
@options.formats("text", "json", "jsonl")
@options.directory
def command(rev: str, oneline: bool, limit: int | None, form: str, directory: Path, quiet: bool, verbose: int) -> None:
    """List the versions that lead to REV, newest first. Needs no data."""
    found = log(options.project(directory, verbose), rev, limit)
    if form != "text":
        options.emit("dsv.log", [entry.json() for entry in found], form)
    else:
        for entry in found:
            _text(entry, oneline)


def _text(logged: Logged, oneline: bool) -> None:
    entry = logged.entry
    splits = " ".join(f"{name} {n:,}" for name, n in entry.splits.items())
    root = (entry.root or "?")[:12]
    if oneline:
        click.echo(
            f"{entry.sha[:10]} {root} {options.number(entry.records):>11} {entry.version or '-'}  {entry.message}"
        )
        return
    click.echo(f"version {entry.sha[:10]} {entry.version or ''}".rstrip())
    click.echo(f"    {entry.date}  {entry.author}")
    click.echo(f"    root {root}  {options.number(entry.records)} records{f'  ({splits})' if splits else ''}")
    click.echo(f"    {entry.message}\n")
