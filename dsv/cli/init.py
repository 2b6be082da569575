"""dsv init"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.init import init


@click.command(epilog=options.epilog("dsv init --name reviews", 2, 10))
@click.option("--name", help="Name of the data set; the folder's name when left out.")
@options.directory
def command(name: str | None, directory: Path, quiet: bool, verbose: int) -> None:
    """Make a project here: git repository and DVC project where they are missing, params.yaml, remotes that DVC verifies. Safe to run twice."""
    done = init(directory, name)
    if not quiet:
        made = ", ".join(done.made) if done.made else "nothing was missing"
        click.echo(f"Data set {done.dataset} in {done.layout.root} ({made})")
