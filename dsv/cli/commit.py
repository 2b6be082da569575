"""dsv commit"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.commit import commit


@click.command(epilog=options.epilog("dsv commit -m 'january reviews' --tag auto", 2, 10, 11, 16))
@click.option("-m", "--message", required=True, help="The commit message.")
@click.option("--tag", metavar="vX.Y.Z|auto", help="Name the version; auto computes the step from the diff.")
@options.directory
def command(message: str, tag: str | None, directory: Path, quiet: bool, verbose: int) -> None:
    """Commit code and data version in one git commit; refuses if anything is out of date."""
    done = commit(options.project(directory, verbose), message, tag)
    if not quiet:
        click.echo(f"{done.sha[:10]} {done.version or ''}".rstrip())
