"""What is told of a bug: the traceback and the versions, ready to paste."""

from __future__ import annotations

import platform
import traceback
from importlib.metadata import PackageNotFoundError, version

import click

PACKAGES = ("dsv", "dvc", "polars", "pyarrow", "numpy", "click", "xxhash")


def current() -> str:
    """The traceback of the exception that is being handled."""
    return traceback.format_exc()


def tell(trace: str) -> None:
    """Tells of the bug on stderr."""
    click.echo("BUG: dsv met something that it does not expect. Please report this text:\n", err=True)
    click.echo(trace, err=True)
    click.echo(f"python {platform.python_version()} on {platform.system()} {platform.machine()}", err=True)
    for name in PACKAGES:
        try:
            click.echo(f"{name} {version(name)}", err=True)
        except PackageNotFoundError:
            click.echo(f"{name} missing", err=True)
