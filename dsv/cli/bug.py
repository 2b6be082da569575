"""What is told of a bug: the traceback and the versions, ready to paste."""

from __future__ import annotations

import platform
import traceback
from importlib.metadata import PackageNotFoundError, version

import click

PACKAGES = ("dsv", "dvc", "polars", "pyarrow", "numpy", "click", "xxhash")


def tell() -> None:
    """Tells, on stderr, of the exception that is being handled."""
    click.echo("BUG: dsv met something that it does not expect. Please report this text:\n", err=True)
    click.echo(traceback.format_exc(), err=True)
    click.echo(f"python {platform.python_version()} on {platform.system()} {platform.machine()}", err=True)
    for name in PACKAGES:
        try:
            click.echo(f"{name} {version(name)}", err=True)
        except PackageNotFoundError:
            click.echo(f"{name} missing", err=True)
