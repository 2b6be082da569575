"""dsv status"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dsv.cli import options
from dsv.ops.status import Status, status

# So many versions that are not pushed are named.
SHOWN = 10


@click.command(epilog=options.epilog("dsv status", 10, 11))
@options.formats("text", "json", "jsonl")
@options.directory
def command(form: str, directory: Path, quiet: bool, verbose: int) -> None:
    """Say what is out of date and because of what, what is uncommitted, and what the remote lacks."""
    found = status(options.project(directory, verbose))
    if form != "text":
        options.emit("dsv.status", found.json(), form)
    else:
        _text(found)


def _text(found: Status) -> None:
    for stage in found.stages:
        if stage.state == "fresh":
            continue
        click.echo(f"{stage.state}: {stage.stage}")
        # That a stage is new is said already.
        for cause in [cause for cause in stage.because if stage.state != "new"]:
            click.echo(f"    {cause['kind']} {cause['name']}{_change(cause)}")
    for path in found.uncommitted:
        click.echo(f"uncommitted: {path}")
    for path in found.unseen:
        click.echo(f"not looked at, too many files: {path} (dsv run does)")
    if found.clean:
        click.echo("Up to date; everything is committed.")
    left = found.unpushed or []
    for commit in left[:SHOWN]:
        click.echo(f"unpushed: {commit.sha[:10]} {commit.subject}")
    if len(left) > SHOWN:
        click.echo(f"unpushed: and {len(left) - SHOWN:,} older ones")
    hint = _next(found)
    if hint:
        click.echo(f"hint: {hint}", err=True)


def _next(found: Status) -> str | None:
    """The next command, if there is something to do."""
    if any(stage.state != "fresh" for stage in found.stages):
        return "dsv run"
    if found.uncommitted:
        return "dsv commit -m MESSAGE"
    return " ".join(["dsv push", *(commit.sha[:10] for commit in found.unpushed[:SHOWN])]) if found.unpushed else None


def _change(cause: dict[str, Any]) -> str:
    """What became of a param, of code or of an order, and that a stage is gone; data are named only."""
    if cause["kind"] == "stage" and cause["to"] is None:
        return ": removed"
    if cause["kind"] not in ("param", "code", "order") or cause["from"] is cause["to"] is None:
        return ""
    was, now = (json.dumps(cause[side], ensure_ascii=False, default=str) for side in ("from", "to"))
    return f": {was} → {now}"
