"""dsv x: one stage, inside DVC."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from dsv.cli import options
from dsv.errors import DsvError
from dsv.ops.execute import execute
from dsv.ops.run import tell


@click.command(hidden=True, epilog=options.epilog("dsv x clean", 10, 13, 14, 15, 16))
@click.argument("stage")
@options.directory
def command(stage: str, directory: Path, quiet: bool, verbose: int) -> None:
    """Run one stage. DVC calls this; people call `dsv run`."""
    layout = options.project(directory, verbose)
    started = time.monotonic()
    workers = os.environ.get("DSV_WORKERS")
    try:
        ran = execute(layout, stage, os.environ.get("DSV_ENGINE") or "local", int(workers) if workers else None)
    except DsvError as error:
        tell({"stage": stage, "error": type(error).__name__, "message": error.message, "hint": error.hint}, started)
        raise
    tell({"stage": stage, "shards": ran.shards, "reused": ran.reused}, started)
