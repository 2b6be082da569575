"""dsv reproduce"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.reproduce import reproduce


@click.command(epilog=options.epilog("dsv reproduce v1.0.0 --rebuild", 1, 2, 10, 11, 12, 13, 15))
@click.argument("rev")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Keep the version in this folder.")
@click.option("--rebuild", is_flag=True, help="Run every stage again from the deliveries.")
@options.formats("text", "json", "jsonl")
@options.directory
def command(rev: str, output: Path | None, rebuild: bool, form: str, directory: Path, quiet: bool, verbose: int) -> int:
    """Bring back REV and prove that it is the same data set: exit 1 if it is not."""
    done = reproduce(options.project(directory, verbose), rev, output, rebuild=rebuild)
    if form != "text":
        told = {
            "rev": done.rev,
            "expected": done.expected,
            "actual": done.actual,
            "equal": done.equal,
            "first_difference": done.first_difference,
        }
        options.emit("dsv.reproduce", told, form)
    elif not quiet:
        click.echo(f"expected {done.expected}\nactual   {done.actual}")
        click.echo("equal: it is the same data set" if done.equal else f"different, first in {done.first_difference}")
    return 0 if done.equal else 1
