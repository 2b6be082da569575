"""dsv plan"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsv.cli import causes, options, rendering
from dsv.ops.plan import Effect, Plan, plan
from dsv.ops.progress import SILENT
from dsv.ops.run import Work

DOES = {"added": "add", "removed": "drop", "modified": "change", "moved": "move"}
SENTENCES = 12


@click.command(epilog=options.epilog("dsv plan --set 'clean.rules[1].range.min=5'", 1, 2, 10, 11, 13, 14, 15, 130))
@click.argument("stages", nargs=-1)
@click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="A param and its new value; may be repeated.")
@click.option(
    "--params",
    "params",
    type=click.Path(path_type=Path),
    help="A file to take in place of params.yaml.",
)
@click.option("--records", is_flag=True, help="List the records that would change.")
@click.option(
    "--limit", type=click.IntRange(0), default=20, show_default=True, help="So many records at most (0: all)."
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 if something would change.")
@click.option("-E", "--engine", default="local", show_default=True, help="local, dask or dask://HOST:PORT.")
@click.option(
    "-j", "--jobs", type=click.IntRange(1), help="Shards worked on at once; left out, as many as keep the cores busy."
)
@options.formats("text", "json", "jsonl", "md")
@options.directory
def command(
    stages: tuple[str, ...], sets: tuple[str, ...], params: Path | None, form: str, directory: Path, quiet: bool,
    verbose: int, exit_code: bool, **told: Any,
) -> int:  # fmt: skip
    """Say what a change of params would do, before it is done: the edited params.yaml, a --params FILE, or --set.

    Compares with what the last run built, after all stages or after the named STAGES. Workspace, git and versions stay as they are.
    """
    found = plan(options.project(directory, verbose), sets, params, stages, Work(told["engine"], told["jobs"], SILENT))
    wanted = rendering.Wanted(records=told["records"], limit=told["limit"] or None, limited=options.said("limit"))
    if form == "json":
        options.emit_json("dsv.plan", found.json() | rendering.listed(found.diff, wanted))
    elif form == "jsonl":
        rendering.FORMS["jsonl"](found.diff, wanted)
    else:
        _sentences(found, "- " if form == "md" else "")
        rendering.FORMS[form](found.diff, wanted)
    return 1 if exit_code and found.diff else 0


def _sentences(found: Plan, mark: str) -> None:
    lines = [f"{_who(effect)} would {_does(effect)}" for effect in found.effects]
    # What no cause speaks of: params that would change nothing.
    named = {effect.cause.what for effect in found.effects}
    if not found.changes and not found.diff:
        lines.append("Nothing is planned: params.yaml is as the last run had it.")
    elif not found.diff:
        lines += [
            f"{causes.change(*change)} would change no record" for change in found.changes if change[0] not in named
        ]
    for line in lines[:SENTENCES]:
        click.echo(f"{mark}{rendering._escape(line) if mark else line}")
    if len(lines) > SENTENCES:
        click.echo(f"{mark}… {len(lines) - SENTENCES} more (--format json)")
    if lines and mark:
        click.echo()


def _who(effect: Effect) -> str:
    told = rendering.cause_text(effect.cause)
    return told if effect.cause.kind == "param" else f"{effect.cause.kind} {told}"


def _does(effect: Effect) -> str:
    splits = ", ".join(
        f"{n:,} of them in {name}" if i == 0 else f"{n:,} in {name}"
        for i, (name, n) in enumerate(effect.splits.items())
    )
    return f"{DOES[effect.op]} {causes.records(effect.n)}" + (f", {splits}" if splits else "")
