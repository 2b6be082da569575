"""dsv checkout"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.checkout import checkout


@click.command(epilog=options.epilog("dsv checkout v1.0.0 -o old", 2, 10, 11, 12, 13, 16))
@click.argument("rev")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write into this folder instead of the workspace."
)
@options.directory
def command(rev: str, output: Path | None, directory: Path, quiet: bool, verbose: int) -> None:
    """Write a version's params, locks, reports and data; HEAD stays where it is.

    Settings of the workspace (.dvc/config, .dvcignore, .gitignore, .gitattributes) stay as they are.
    """
    done = checkout(options.project(directory, verbose), rev, output)
    if not quiet:
        click.echo(f"{rev} is in {output or done.folder}: {done.files:,} files of data")
