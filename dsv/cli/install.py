"""dsv install"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.install import PARTS, install


@click.command(epilog=options.epilog("dsv install pre-commit pre-push", 2, 10, 11))
@click.argument("parts", nargs=-1, metavar=f"[{'|'.join(PARTS)}]...")
@click.option("--undo", is_flag=True, help="Take away what was set up, and put back what was there.")
@options.formats("text", "json", "jsonl")
@options.directory
def command(parts: tuple[str, ...], undo: bool, form: str, directory: Path, quiet: bool, verbose: int) -> None:
    """Set up git for the project, all parts or the named ones, and say what was changed.

    \b
    diff         git diff and git log -p show a summary of dvc.lock
    merge        params.yaml is merged by key, dvc.lock by stage; records in conflict stop a merge
    pre-commit   refuses a commit whose data is out of date
    pre-push     refuses a push whose data is not on the remote
    """
    done = install(options.project(directory, verbose), parts, undo=undo)
    if form != "text":
        options.emit("dsv.install", [change._asdict() for change in done], form)
    elif not quiet:
        options.table([list(change) for change in done])
        if not done:
            click.echo("Nothing to change.")
    if not quiet and any(change.where == ".gitattributes" for change in done):
        click.echo("hint: commit .gitattributes, so that every clone merges alike", err=True)
