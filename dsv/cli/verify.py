"""dsv verify"""

from __future__ import annotations

from pathlib import Path

import click

from dsv.cli import options
from dsv.ops.verify import There, Verified, check, verify


@click.command(epilog=options.epilog("dsv verify v1.0.0 --heal", 10, 11, 12, 13))
@click.argument("revs", nargs=-1)
@click.option("--remote", help="Look at the objects on this remote too; --heal fetches from it.")
@click.option("--heal", is_flag=True, help="Fetch damaged and missing objects again, and send those of --remote.")
@options.formats("text", "json", "jsonl")
@options.directory
def command(
    revs: tuple[str, ...], remote: str | None, heal: bool, form: str, directory: Path, quiet: bool, verbose: int
) -> None:
    """Hash every stored object of the versions (HEAD when none is named) and compare."""
    found = verify(options.project(directory, verbose), revs, remote=remote, heal=heal)
    if form != "text":
        options.emit("dsv.verify", found.json(), form)
    elif not quiet:
        click.echo(
            f"{found.objects:,} objects, {len(found.corrupt)} damaged, {len(found.missing)} missing, {len(found.healed)} healed"
        )
        _objects(found)
        if found.remote is not None:
            there = found.remote
            click.echo(
                f"{there.name}: {len(there.corrupt)} damaged, {len(there.missing)} missing, {len(there.healed)} healed"
            )
            _objects(there)
    check(found, revs)


def _objects(found: Verified | There) -> None:
    for oid in [*found.corrupt, *found.missing]:
        click.echo(f"  {oid}{' healed' if oid in found.healed else ''}")
