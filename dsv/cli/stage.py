"""dsv stage"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.stage import listing, stage


@click.group()
def command() -> None:
    """Add a stage of your own, or list what there is."""


@command.command("add", epilog=options.epilog("dsv stage add shorten --python mystages:shorten", 2, 10, 11))
@click.argument("name")
@click.option(
    "--python", "function", required=True, metavar="PKG.MOD:FUNC", help="A function of a Polars frame that returns one."
)
@options.directory
def add_stage(name: str, function: str, directory: Path, quiet: bool, verbose: int) -> None:
    """Make a Python function a stage. It gets the records of a shard (with `_id`) and returns those it keeps, changed or with new columns."""
    stage(options.project(directory, verbose), name, function)
    if not quiet:
        click.echo(f"Stage {name} runs {function}, after the stages before it in params.yaml")


@command.command("list", epilog=options.epilog("dsv stage list"))
@options.directory
def list_stages(directory: Path, quiet: bool, verbose: int) -> None:
    """List all stages, built in and installed."""
    for name, doc in listing():
        click.echo(f"{name:<10} {doc}")
