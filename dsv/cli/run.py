"""dsv run"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsv.cli import options, sizes
from dsv.ops.gc import LIMIT
from dsv.ops.run import StageRun, run
from dsv.project.layout import INGEST

# What becomes of delivered rows that are no records, or no longer: a row loses to a later one with its key, too.
LOST = {
    "quarantined": "quarantined", "repeated": "repeated", "loser": "replaced", "replaced": "replaced",
    "withdrawn": "withdrawn", "conflict": "conflict",
}  # fmt: skip


@click.command(epilog=options.epilog("dsv run", 2, 10, 11, 13, 14, 15, 16, 130))
@click.argument("stages", nargs=-1)
@click.option("-E", "--engine", default="local", show_default=True, help="local, dask or dask://HOST:PORT.")
@click.option(
    "-j", "--jobs", type=click.IntRange(1), help="Shards worked on at once; left out, as many as keep the cores busy."
)
@click.option(
    "--cache-limit",
    type=sizes.Size(),
    envvar=sizes.LIMIT,
    show_envvar=True,
    default=LIMIT,
    show_default=sizes.text(LIMIT),
    help="Beyond this size .dsv/cache loses what was not used for the longest time; never what this run used.",
)
@options.formats("text", "json", "jsonl")
@options.directory
def command(
    stages: tuple[str, ...],
    engine: str,
    jobs: int | None,
    cache_limit: int,
    form: str,
    directory: Path,
    quiet: bool,
    verbose: int,
) -> None:
    """Build what is out of date (the named STAGES and what they need, or all)."""
    done = run(options.project(directory, verbose), stages, engine, jobs, cache_limit=cache_limit)
    if form != "text":
        options.emit("dsv.run", [_json(stage) for stage in done], form)
    elif not quiet:
        options.table(
            [["stage", "in", "kept", "dropped", "changed", "reused", "seconds"], *map(_row, done)], right={1, 2, 5, 6}
        )


def _json(stage: StageRun) -> dict[str, Any]:
    return {
        "stage": stage.name,
        "ran": stage.ran,
        **_counts(stage),
        "quarantined": stage.report.get("quarantined"),
        "root": stage.report.get("root"),
        "shards": stage.shards,
        "reused": stage.reused,
        "seconds": stage.seconds,
    }


def _counts(stage: StageRun) -> dict[str, Any]:
    """What went in, what was kept, dropped by rule, changed; ingest counts the rows of all deliveries."""
    report = stage.report
    if stage.name != INGEST:
        return {"in": report.get("in"), "kept": report.get("kept")} | {
            name: report.get(name, {}) for name in ("dropped", "changed")
        }
    totals: dict[str, int] = {}
    for source in report.get("sources", {}).values():
        for name, n in source["counts"].items():
            totals[name] = totals.get(name, 0) + n
    lost: dict[str, int] = {}
    for name, told in LOST.items():
        if totals.get(name):
            lost[told] = lost.get(told, 0) + totals[name]
    read = totals.get("read", 0)
    return {"in": read, "kept": read - sum(lost.values()), "dropped": lost, "changed": {}}


def _row(stage: StageRun) -> list[str]:
    counts = _counts(stage)
    reused = f"{stage.reused}/{stage.shards}" if stage.ran else "all"
    seconds = f"{stage.seconds:.1f}" if stage.seconds is not None else "fresh"
    numbers = [options.number(counts["in"]), options.number(counts["kept"])]
    return [stage.name, *numbers, _named(counts["dropped"]), _named(counts["changed"]), reused, seconds]


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.items()) or "-"
