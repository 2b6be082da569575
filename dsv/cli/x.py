"""dsv x: one stage, inside DVC."""

from __future__ import annotations

import os
import time
import traceback
from pathlib import Path

import click

from dsv.cli import options
from dsv.cli.boundary import of_system
from dsv.dvcio import process
from dsv.errors import Bug, DsvError
from dsv.ops.execute import execute
from dsv.ops.run import tell


@click.command(hidden=True, epilog=options.epilog("dsv x clean", 10, 13, 14, 15, 16))
@click.argument("stage")
@options.directory
def command(stage: str, directory: Path, quiet: bool, verbose: int) -> None:
    """Run one stage. DVC calls this; people call `dsv run`."""
    layout = options.project(directory, verbose)
    started = time.monotonic()
    process.die_with_parent()
    workers = os.environ.get("DSV_WORKERS")
    try:
        ran = execute(layout, stage, os.environ.get("DSV_ENGINE") or "local", int(workers) if workers else None)
    except Exception as error:
        told = _told(error)
        tell({"stage": stage, "error": type(told).__name__, "message": told.message, "hint": told.hint}, started)
        raise
    tell({"stage": stage, "shards": ran.shards, "reused": ran.reused}, started)


def _told(error: Exception) -> DsvError:
    """The error as `dsv run` will tell it: DVC passes on no more than that the stage failed."""
    if isinstance(error, DsvError):
        return error
    if isinstance(error, OSError):
        return of_system(error)
    return Bug("".join(traceback.format_exception(error)))
