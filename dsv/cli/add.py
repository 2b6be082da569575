"""dsv add"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dsv.cli import options
from dsv.ops.add import add
from dsv.ops.delivery import Delivery


def _columns(_context: click.Context, _param: click.Parameter, given: str | None) -> tuple[str, ...]:
    """The names in one line of CSV: a name with a comma stands in quotes."""
    return () if given is None else tuple(next(csv.reader([given]), ()))


def _renames(_context: click.Context, _param: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """Old name → new name."""
    pairs = [text.rpartition("=") for text in given]
    for text, (old, _, new) in zip(given, pairs, strict=True):
        if not old or not new:
            raise click.BadParameter(f"{text!r} is no OLD=NEW.")
    return {old: new for old, _, new in pairs}


@click.command(
    epilog=options.epilog("dsv add jan.csv --source shop --batch 2026-01 --key id --license CC-BY-4.0", 2, 10, 11, 16)
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", required=True, help="The source that delivers.")
@click.option("--batch", help="Name of the delivery; the next number when left out.")
@click.option("--kind", type=click.Choice(["records", "annotations", "media"]), help="What is delivered.")
@click.option("--format", "form", help="Format of the files; by suffix when left out.")
@click.option("--key", multiple=True, help="Column that identifies a record; may be repeated.")
@click.option(
    "--names",
    callback=_columns,
    metavar="A,B,…",
    help="Names of the columns of files without a header, from this delivery on.",
)
@click.option("--rename", multiple=True, callback=_renames, metavar="OLD=NEW", help="Another name for a column; may be repeated.")
@click.option("--license", help="SPDX expression or LicenseRef-NAME; asked of a new source.")
@click.option("--privacy", type=click.Choice(["none", "pseudonymous", "personal", "special-category"]))
@click.option("--item", help="Annotations: column that names the record.")
@click.option("--annotator", help="Annotations: column that names who annotated.")
@click.option("--value", help="Annotations: column of the label, boxes or text.")
@click.option("--of", help="Annotations: the source of the annotated records.")
@click.option("--snapshot", is_flag=True, help="Each delivery is the whole source and replaces the one before.")
@click.option(
    "--types",
    type=click.Choice(["infer", "string"]),
    default="infer",
    show_default=True,
    help="Column types of a new source.",
)
@click.option("--move", "how", flag_value="move", help="Move the files instead of copying.")
@click.option("--link", "how", flag_value="link", help="Hard-link the files instead of copying.")
@options.directory
def command(directory: Path, quiet: bool, verbose: int, form: str | None, how: str | None, **told: Any) -> None:
    """Take in a delivery: copy it into data/raw/, track it, record source and batch in params.yaml."""
    layout = options.project(directory, verbose)
    done = add(layout, Delivery(format=form, how=how or "copy", **told))
    if quiet:
        return
    click.echo(
        f"Added {done.source}/{done.batch}: {done.files:,} {'file' if done.files == 1 else 'files'}, {done.bytes:,} bytes"
    )
    if done.new_source:
        click.echo(f"New source {done.source} in params.yaml", err=True)
    if done.kind == "media" and told["kind"] is None:
        click.echo("Nothing but media files: taken for a source of kind media", err=True)
    if done.columns:
        click.echo(f"Types inferred, please review: {', '.join(f'{c} {t}' for c, t in done.columns.items())}", err=True)
