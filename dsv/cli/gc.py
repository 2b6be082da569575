"""dsv gc"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options, sizes
from dsv.ops.gc import LIMIT, gc


@click.command(epilog=options.epilog("dsv gc --keep-days 30 --dry-run", 2, 10, 11))
@click.option("--keep-days", type=click.FloatRange(0), metavar="N", help="Remove what was not used for N days.")
@click.option(
    "--max-size",
    type=sizes.Size(),
    envvar=sizes.LIMIT,
    show_envvar=True,
    help=f"Remove the longest unused until the rest fits; {sizes.text(LIMIT)} when neither is given.",
)
@click.option("--dry-run", is_flag=True, help="Remove nothing, say what would be removed.")
@options.formats("text", "json", "jsonl")
@options.directory
def command(
    keep_days: float | None,
    max_size: int | None,
    dry_run: bool,
    form: str,
    directory: Path,
    quiet: bool,
    verbose: int,
) -> None:
    """Trim the local cache of derived data (.dsv/cache). No version needs it: what is missed is computed again.

    Objects of versions (.dvc/cache) are never touched.
    """
    found = gc(options.project(directory, verbose), keep_days=keep_days, max_size=max_size, dry_run=dry_run)
    if form != "text":
        options.emit("dsv.gc", {**found._asdict(), "dry_run": dry_run}, form)
    elif not quiet:
        click.echo(
            f"{'Would remove' if dry_run else 'Removed'} {found.removed_files:,} of {found.files:,} files, "
            f"{sizes.text(found.removed_bytes)} of {sizes.text(found.bytes)}"
        )
