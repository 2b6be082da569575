"""dsv git: what git calls once `dsv install` has told it to."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from dsv.ops.installed import projects

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NOTHING = "0" * 40
HEADS = "GITHEAD_"


@click.group(hidden=True)
def command() -> None:
    """Show, merge and check files of a project. git calls this; see `dsv install`."""


@command.command("textconv")
@click.argument("file", type=FILE)
def textconv(file: Path) -> None:
    """Print a dvc.lock as a summary."""
    convert = importlib.import_module("dsv.ops.textconv").textconv
    click.echo(convert(file.read_bytes(), projects(Path(), "diff")), nl=False)


@command.command("merge")
@click.argument("base", type=FILE)
@click.argument("ours", type=FILE)
@click.argument("theirs", type=FILE)
@click.argument("path")
@click.argument("marker", type=int)
def merge(base: Path, ours: Path, theirs: Path, path: str, marker: int) -> int:
    """Merge three files into the second; 1 if there is a conflict."""
    merge_file = importlib.import_module("dsv.ops.merge_file").merge_file
    done = merge_file(path, base.read_bytes(), ours.read_bytes(), theirs.read_bytes(), marker)
    ours.write_bytes(done.text)
    for conflict in done.conflicts:
        click.echo(f"dsv: {path}: {conflict}", err=True)
    if done.conflicts:
        click.echo("hint: dsv resolve --ours, --theirs or --with FILE", err=True)
    return 0 if done.clean else 1


@command.command("pre-commit")
def pre_commit() -> None:
    """Refuse a commit whose version is out of date."""
    check = importlib.import_module("dsv.ops.check_commit").check_commit
    for layout in projects(Path(), "pre-commit"):
        check(layout, _index())


@command.command("pre-merge-commit")
def pre_merge_commit() -> None:
    """Refuse a merge in which records are in conflict; tell of data to be built."""
    out_of_date = importlib.import_module("dsv.ops.check_commit").out_of_date
    for layout in projects(Path(), "merge"):
        if any(stage.state != "fresh" for stage in out_of_date(layout, _index())):
            theirs = _merged()
            if not importlib.import_module("dsv.ops.check_merge").check_merge(layout, theirs):
                pull = f"dsv pull HEAD {theirs[:10]}" if theirs else "dsv pull"
                click.echo(f"dsv: data is missing, so records were not compared. hint: {pull}, dsv resolve", err=True)
            click.echo("dsv: both sides changed the data set. hint: dsv run, then dsv commit", err=True)


@command.command("pre-push")
@click.argument("remote")
@click.argument("url", required=False)
def pre_push(remote: str, url: str | None) -> None:
    """Refuse a push whose versions are not whole on the remote of DVC. What is pushed is told on stdin."""
    pushed = sorted({line.split()[1] for line in sys.stdin if line.strip()} - {NOTHING})
    check = importlib.import_module("dsv.ops.check_push").check_push
    for layout in projects(Path(), "pre-push"):
        check(layout, pushed, remote)


def _index() -> Path | None:
    """The index that git is about to commit: another one than usual for `git commit -a` and `git commit PATH`."""
    named = os.environ.get("GIT_INDEX_FILE")
    return Path(named).absolute() if named else None


def _merged() -> str | None:
    """The commit that is being merged: git tells its hook by a variable, and notes it in MERGE_HEAD only afterwards."""
    heads = [name.removeprefix(HEADS) for name in os.environ if name.startswith(HEADS)]
    return heads[0] if len(heads) == 1 else None
