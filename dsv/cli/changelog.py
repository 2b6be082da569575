"""dsv changelog"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from dsv.cli import causes, options, rendering
from dsv.ops.changelog import Change, changelog
from dsv.project.version import dataset
from dsv.store import files

CAUSES = 20


@click.command(epilog=options.epilog("dsv changelog -o CHANGELOG-DATA.md", 2, 10, 11, 12))
@click.argument("rev", default="HEAD")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write into this file, if it says something else."
)
@options.formats("md", "json", "jsonl")
@options.directory
def command(rev: str, output: Path | None, form: str, directory: Path, quiet: bool, verbose: int) -> None:
    """Write the changelog of the data set: each named version that leads to REV, newest first, with what changed and why."""
    layout = options.project(directory, verbose)
    found = changelog(layout, rev)
    if form != "md":
        text = "\n".join(options.encoded("dsv.changelog", [change.json() for change in found], form))
    else:
        text = "\n\n".join([*_head(dataset(layout), found), *map(_section, found)])
    if output is None:
        click.echo(text)
        return
    data = f"{text}\n".encode()
    differs = not output.is_file() or output.read_bytes() != data
    if differs:
        files.write(output, data)
    if not quiet:
        click.echo(
            f"{output} {'has' if differs else 'had'} {len(found)} {'version' if len(found) == 1 else 'versions'}"
        )


def _head(name: str, found: list[Change]) -> Iterator[str]:
    yield f"# Changes of {rendering._escape(name)}"
    yield "Written by `dsv changelog` from what differs between versions, and why; not edited by hand."
    if not found:
        yield "No version has a name yet."


def _section(change: Change) -> str:
    release = change.release
    parts = [f"## {release.version.rpartition('@')[2]} ({release.date[:10]})", rendering._escape(release.message)]
    was, now = change.records
    if change.before is None:
        batches = ", ".join(f"{rendering._escape(name)} {n:,}" for name, n in change.batches.items())
        parts.append(f"The first version: {causes.records(now or 0)}" + (f" ({batches})" if batches else ""))
    elif not change.known:
        parts.append(f"{was or 0:,} → {causes.records(now or 0)}. Data are not at hand: `dsv pull {change.before} {release.version}` tells the causes.")  # fmt: skip
    else:
        parts += _difference(was, now, change.difference)
    return "\n\n".join(part for part in parts if part)


def _difference(was: int | None, now: int | None, told: Mapping[str, Any]) -> Iterator[str]:
    counts = [f"{n:,} {op}" for op, n in told["records"].items() if n and op != "unchanged"]
    ends = f"{was or 0:,} → {causes.records(now or 0)}"
    yield f"{ends}: {', '.join(counts) or 'the same records'}" + (f" ({told['bump']})" if told["bump"] else "")
    schema = told["schema"]
    columns = [f"-{name}" for name in schema["removed"]]
    columns += [f"{old} renamed {new}" for old, new in schema["renamed"].items()]
    columns += [f"{name} {old} → {new}" for name, (old, new) in schema["retyped"].items()]
    columns += [f"+{name}" for name in schema["added"]]
    if columns:
        yield rendering._escape(f"Columns: {', '.join(columns)}")
    for title in ("labels", "splits"):
        if moved := [f"{t['from'] or 'none'} → {t['to'] or 'none'} {t['n']:,}" for t in told[title][:8]]:
            yield rendering._escape(f"{title.capitalize()}: {', '.join(moved)}")
    lines = [
        f"- {cause['kind']} {rendering._escape(causes.of(cause))}: {causes.counts(cause)}"
        for cause in told["causes"][:CAUSES]
    ]
    if len(told["causes"]) > CAUSES:
        lines.append(f"- {len(told['causes']) - CAUSES} more causes (`--format json`)")
    if lines:
        yield "\n".join(lines)
