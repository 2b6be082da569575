"""dsv export"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.export import export


@click.command(epilog=options.epilog("dsv export v1.0.0 -o out --format jsonl --split train", 2, 10, 11, 12, 13))
@click.argument("rev", default=".")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The folder to write into.")
@click.option("-f", "--format", "form", default="csv", show_default=True, help="csv, jsonl, parquet or coco.")
@click.option("--split", help="Only this split; unsplit: records without one.")
@options.directory
def command(rev: str, output: Path, form: str, split: str | None, directory: Path, quiet: bool, verbose: int) -> None:
    """Write the records of REV, one file a split (`unsplit`: those without one).

    Where a format has no value for it: bytes are base64, moments with a time zone end with Z, nested values in csv are JSON.
    """
    done = export(options.project(directory, verbose), rev, output, form, split)
    if not quiet:
        for name, n in done.files.items():
            click.echo(f"{output / name}  {n:,} {'record' if n == 1 else 'records'}")
