"""dsv runs"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsv.cli import options
from dsv.delta import values

SHOWN = 4


@click.group(epilog=options.epilog("dsv diff run:before run:after", 2, 10, 11, 12))
def command() -> None:
    """Link training runs to versions: one committed file a run."""


@command.command(
    "add", epilog=options.epilog("dsv runs add lr-3 --rev v1.2.0 --metrics metrics.json --split train", 2, 10, 11, 12)
)
@click.argument("name")
@click.option("--rev", help="The version that was trained on. HEAD, if the workspace has its data.")
@click.option(
    "--metrics",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Numbers in JSON or YAML, or a folder of DVCLive.",
)
@click.option("--split", help="The split that was trained on.")
@click.option(
    "--predictions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV, JSONL or Parquet with the columns id and prediction.",
)
@options.directory
def add(name: str, directory: Path, quiet: bool, verbose: int, **told: Any) -> None:
    """Record the run NAME in runs/NAME.yaml. `run:NAME` is a REV then."""
    from dsv.ops.runs import add_run

    added = add_run(options.project(directory, verbose), name, told.pop("rev"), **told)
    if added.kept is False:
        path = added.told["predictions"]["path"]
        click.echo(f"note: neither git nor DVC tracks {path}: `git add` it, or `dvc add` it if it is large.", err=True)
    if not quiet:
        version = added.told.get("version") or added.told["rev"][:10]
        click.echo(f"{'Recorded' if added.new else 'Already recorded'} run:{name} of {version} in {added.path}")


@command.command("list", epilog=options.epilog("dsv runs list", 10, 11))
@options.formats("text", "json", "jsonl")
@options.directory
def list_runs(form: str, directory: Path, quiet: bool, verbose: int) -> None:
    """List the runs of the project by name. Needs no data."""
    from dsv.ops.runs import runs

    found = runs(options.project(directory, verbose))
    if form != "text":
        options.emit("dsv.runs", found, form)
    elif found:
        options.table([["run", "version", "root", "split", "metrics"], *map(_row, found)])
    elif not quiet:
        click.echo("No run is recorded. dsv runs add NAME", err=True)


def _row(told: dict[str, Any]) -> list[str]:
    metrics = [f"{values.short(name)} {value:.4g}" for name, value in told["metrics"].items()]
    more = [f"… {len(metrics) - SHOWN} more"] if len(metrics) > SHOWN else []
    version = told["version"] or str(told["rev"] or "-")[:10]
    root, split = str(told["root"] or "-")[:12], str(told["split"] or "-")
    return [told["run"], version, root, split, ", ".join([*metrics[:SHOWN], *more])]
