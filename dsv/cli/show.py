"""dsv show"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsv.cli import options
from dsv.ops.show import show


@click.command(epilog=options.epilog("dsv show v1.0.0", 10, 11, 12))
@click.argument("rev", default="HEAD")
@options.formats("text", "json", "jsonl")
@options.directory
def command(rev: str, form: str, directory: Path, quiet: bool, verbose: int) -> None:
    """Describe a version: root, records, splits, labels, columns, sources. Needs no data."""
    found = show(options.project(directory, verbose), rev)
    if form != "text":
        options.emit("dsv.show", found, form)
    else:
        _text(found)


def _text(found: dict[str, Any]) -> None:
    click.echo(f"version {found['rev']} {found['version'] or ''}".rstrip())
    click.echo(f"root    {found['root']}")
    click.echo(f"records {options.number(found['records'])}, {options.number(found['quarantined'])} in quarantine")
    for title in ("splits", "labels", "dropped"):
        if found[title]:
            click.echo(f"{title:<8}" + ", ".join(f"{name} {n:,}" for name, n in found[title].items()))
    click.echo("columns " + ", ".join(f"{name} {kind}" for name, kind in found["columns"].items()))
    for name, source in found["sources"].items():
        click.echo(
            f"source  {name} ({source['kind']}): "
            + ", ".join(f"{batch} {c.get('read', 0):,}" for batch, c in source["batches"].items())
        )
