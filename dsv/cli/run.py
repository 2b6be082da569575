"""dsv run"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsv.cli import options
from dsv.ops.run import StageRun, run


@click.command(epilog=options.epilog("dsv run", 2, 10, 11, 13, 14, 15, 16, 130))
@click.argument("stages", nargs=-1)
@click.option("-E", "--engine", default="local", show_default=True, help="local, dask or dask://HOST:PORT.")
@click.option(
    "-j", "--jobs", type=click.IntRange(1), help="Shards worked on at once; the number of cores when left out."
)
@options.formats("text", "json")
@options.directory
def command(
    stages: tuple[str, ...], engine: str, jobs: int | None, form: str, directory: Path, quiet: bool, verbose: int
) -> None:
    """Build what is out of date (the named STAGES and what they need, or all)."""
    done = run(options.project(directory, verbose), stages, engine, jobs)
    if form == "json":
        options.emit_json("dsv.run", [_json(stage) for stage in done])
    elif not quiet:
        options.table(
            [["stage", "in", "kept", "dropped", "changed", "reused", "seconds"], *map(_row, done)], right={1, 2, 5, 6}
        )


def _json(stage: StageRun) -> dict[str, Any]:
    report = {k: stage.report.get(k) for k in ("in", "kept", "dropped", "changed", "quarantined", "root")}
    return {
        "stage": stage.name,
        "ran": stage.ran,
        **report,
        "shards": stage.shards,
        "reused": stage.reused,
        "seconds": stage.seconds,
    }


def _row(stage: StageRun) -> list[str]:
    report = stage.report
    if stage.name == "ingest":
        totals: dict[str, int] = {}
        for source in report.get("sources", {}).values():
            for name, n in source["counts"].items():
                totals[name] = totals.get(name, 0) + n
        lost = {name: totals[name] for name in ("quarantined", "replaced", "withdrawn", "conflict") if totals.get(name)}
        counts = [options.number(totals.get("read")), options.number(totals.get("stored")), _named(lost), "-"]
    else:
        counts = [
            options.number(report.get("in")),
            options.number(report.get("kept")),
            _named(report.get("dropped", {})),
            _named(report.get("changed", {})),
        ]
    reused = f"{stage.reused}/{stage.shards}" if stage.ran else "all"
    seconds = f"{stage.seconds:.1f}" if stage.seconds is not None else "fresh"
    return [stage.name, *counts, reused, seconds]


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.items()) or "-"
