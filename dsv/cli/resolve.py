"""dsv resolve"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from dsv.cli import options
from dsv.delta import values
from dsv.errors import UsageError
from dsv.ops import answers
from dsv.ops.conflicts import BATCH, PARAM, Conflict, Found, conflicts
from dsv.ops.resolve import Resolved, resolve
from dsv.project.merging import shown


@click.command(epilog=options.epilog("dsv resolve --with choices.csv --theirs", 1, 2, 10, 11, 13, 16))
@click.argument("revs", nargs=-1, metavar="[OURS THEIRS]")
@click.option("--ours", "side", flag_value="ours", help="Settle as the branch has it that was merged into.")
@click.option("--theirs", "side", flag_value="theirs", help="Settle as the branch has it that was merged.")
@click.option(
    "--with",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settle as a file says: JSON lines or CSV with id, and side, value or values.",
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="List at most so many in text.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if there are conflicts.")
@options.formats("text", "json", "jsonl")
@options.directory
def command(
    revs: tuple[str, ...],
    side: str | None,
    file: Path | None,
    exit_code: bool,
    form: str,
    directory: Path,
    quiet: bool,
    **more: Any,
) -> int:
    """List what both sides of the merge (rebase, cherry-pick, revert) under way, or of the last one, changed; or settle it.

    OURS and THEIRS are two versions to compare instead: before a merge, or after a rebase.

    Settled params are written to params.yaml; records and annotations arrive as a delivery of their own. With --with and
    a side, the side is for what the file does not name.
    """
    layout = options.project(directory, more["verbose"])
    if len(revs) not in (0, 2):
        raise UsageError("Name both versions, OURS and THEIRS, or none.")
    if side is None and file is None:
        return _list(conflicts(layout, *revs), form, more["limit"], exit_code=exit_code)
    if exit_code:
        raise UsageError("--exit-code is for listing conflicts, not for settling them.")
    done = resolve(layout, side, answers.read(file) if file else None, revs)
    if form != "text":
        options.emit("dsv.resolve", {"resolved": done.ids, "written": done.written, "left": done.left}, form)
    elif not quiet:
        _settled(done)
    return 0


def _settled(done: Resolved) -> None:
    if done.ids or done.written:
        click.echo(f"Settled {len(done.ids)}: {', '.join(done.written)}")
    elif not done.left:
        click.echo("Nothing is in conflict.")
    if done.left:
        click.echo(f"Left to be merged by hand: {', '.join(done.left)}")
    if done.ids or done.written or done.left:
        first = f"git add {shlex.join(done.left)}, " if done.left else ""
        click.echo(f"hint: {first}dsv run, then dsv commit -m MESSAGE", err=True)


def _list(found: Found, form: str, limit: int, *, exit_code: bool) -> int:
    if form == "json":
        options.emit_json("dsv.resolve", found.json())
    elif form == "jsonl":
        options.emit_lines(conflict.json() for conflict in found.conflicts)
    else:
        _text(found, limit)
    return 1 if exit_code and (found.conflicts or found.unmerged) else 0


def _text(found: Found, limit: int) -> None:
    if found.unmerged:
        click.echo(f"git could not merge {', '.join(found.unmerged)}")
    elif not found.conflicts:
        click.echo("Nothing is in conflict." if found.merge else "There is no merge.")
        return
    if found.conflicts:
        _listed(found, limit)
    click.echo("hint: dsv resolve --ours, --theirs or --with FILE", err=True)


def _listed(found: Found, limit: int) -> None:
    merge, told = found.merge, ""
    if merge is not None:
        told = f": ours {merge.ours[:10]}, theirs {merge.theirs[:10]}, made of {(merge.base or 'nothing')[:10]}"
    click.echo(f"{len(found.conflicts):,} in conflict{told}")
    for conflict in found.conflicts[:limit]:
        _one(conflict)
    if len(found.conflicts) > limit:
        click.echo(f"… {len(found.conflicts) - limit:,} more (--limit)")


def _one(conflict: Conflict) -> None:
    told = "".join(f", {name} {value}" for name, value in (conflict.about or {}).items() if value is not None)
    click.echo(f"{conflict.kind} {conflict.id}{told}{_undone(conflict)}")
    if conflict.kind == BATCH:
        click.echo("    both sides delivered a batch of this name: both stay, theirs under another name")
    elif conflict.kind == PARAM:
        click.echo(f"    ours {shown(conflict.ours)}   theirs {shown(conflict.theirs)}   before {shown(conflict.base)}")
    elif all(isinstance(side, dict) for side in (conflict.ours, conflict.theirs)):
        before = conflict.base if isinstance(conflict.base, dict) else {}
        for name in {**conflict.ours, **conflict.theirs}:
            ours, theirs = conflict.ours.get(name), conflict.theirs.get(name)
            if ours != theirs:
                was = f"   before {values.short(before[name])}" if name in before else ""
                click.echo(f"    {name}: ours {values.short(ours)}   theirs {values.short(theirs)}{was}")
    else:
        for side in ("ours", "theirs"):
            click.echo(f"    {side} {_whole(getattr(conflict, side))}")


def _undone(conflict: Conflict) -> str:
    if not conflict.undone:
        return ""
    changed, other = ("theirs", "ours") if conflict.ours == conflict.base else ("ours", "theirs")
    return f": changed by {changed} only, and taken back by what {other} delivered"


def _whole(value: Any) -> str:
    return "has no such record" if value is None else values.short(value)
