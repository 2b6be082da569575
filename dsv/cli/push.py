"""dsv push"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.transfer import push


@click.command(epilog=options.epilog("dsv push v1.0.0", 10, 11, 12, 13))
@click.argument("revs", nargs=-1)
@click.option("--remote", help="The remote; the default one when left out.")
@options.directory
def command(revs: tuple[str, ...], remote: str | None, directory: Path, quiet: bool, verbose: int) -> None:
    """Send every object of the versions (HEAD when none is named): files first, listings last."""
    done = push(options.project(directory, verbose), revs, remote)
    if not quiet:
        click.echo(f"Sent {done.moved:,} of {done.objects:,} objects ({done.remote})")
        if not done.verified:
            click.echo(f"hint: dsv init (verify = true: else dvc pull does not look at what it takes from {done.remote})", err=True)
