"""dsv x: one stage, inside DVC."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import click

from dsv.cli import options
from dsv.dvcio.orphan import die_with_parent
from dsv.ops import serve


@click.command(hidden=True, epilog=options.epilog("dsv x clean", 10, 13, 14, 15, 16))
@click.argument("stage")
@options.directory
def command(stage: str, directory: Path, quiet: bool, verbose: int) -> int:
    """Run one stage. DVC calls this; people call `dsv run`."""
    layout = options.project(directory, verbose)
    die_with_parent()
    address = os.environ.get(serve.ADDRESS)
    served = serve.ask(address, stage) if address else None
    if served is None:
        # Started by `dvc repro`, not by `dsv run`: what a stage needs is slow to import.
        importlib.import_module("dsv.ops.execute").execute(layout, stage)
    return 0 if served is not False else 15
