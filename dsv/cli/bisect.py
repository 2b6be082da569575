"""dsv bisect"""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from dsv.cli import causes, options, rendering
from dsv.delta import values
from dsv.errors import UsageError
from dsv.ops.bisect import Bisected, Step, bisect
from dsv.ops.probe import Check, Metric, Probe


@click.command(
    epilog=options.epilog("dsv bisect v1.0.0 HEAD --metric labels.spam.share --above 0.3", 2, 10, 11, 12, 13)
)
@click.argument("a")
@click.argument("b", default="HEAD")
@click.option("--check", metavar="CMD", help="A command, run in each version: 0 is good, 125 cannot tell, else bad.")
@click.option(
    "--metric", metavar="NAME", help="A figure of the reports, as in diff --stat, or NAME.share of all records."
)
@click.option("--above", type=float, metavar="X", help="The figure is bad above this.")
@click.option("--below", type=float, metavar="X", help="The figure is bad below this.")
@options.formats("text", "json", "jsonl")
@options.directory
def command(
    a: str, b: str, check: str | None, metric: str | None, above: float | None, below: float | None, form: str,
    directory: Path, quiet: bool, verbose: int,
) -> None:  # fmt: skip
    """Find the first version from A (good) to B (bad) whose data fail a check, and the cause in it; along first parents.

    Without --above and --below a figure is bad where it is not what it was at A. CMD is run without a shell, in a folder that
    holds the version as a workspace (DSV_ROOT; DSV_REV is its commit).
    """
    found = bisect(options.project(directory, verbose), a, b, _probe(check, metric, above, below))
    if form != "text":
        options.emit("dsv.bisect", found.json(), form)
    else:
        _text(found, quiet)


def _probe(check: str | None, metric: str | None, above: float | None, below: float | None) -> Probe:
    if (check is None) == (metric is None):
        raise UsageError("bisect wants --check CMD or --metric NAME.")
    if metric is not None:
        return Metric(metric, above, below)
    if above is not None or below is not None:
        raise UsageError("--above and --below are bounds of a --metric.")
    try:
        words = shlex.split(check or "")
    except ValueError as error:
        raise UsageError(f"--check {check!r}: {error}.") from error
    if not words:
        raise UsageError("--check names no command.")
    return Check(words, Path.cwd())


def _text(found: Bisected, quiet: bool) -> None:
    bad, good = found.bad, found.good
    if len(found.candidates) > 1:
        click.echo(f"one of {len(found.candidates)} versions after {good.name} is the first bad one: {found.note}")
        for place in found.candidates:
            click.echo(f"  {place.name}  {place.message}")
        return
    click.echo(f"{bad.name} is the first bad version (commit {bad.rev[:10]}, {bad.author}, {bad.date[:10]})")
    click.echo(f"    {bad.message}")
    if found.cause is not None:
        more = "" if found.alone is not False else ", together with the causes before it"
        click.echo(f"cause  {found.cause.kind}  {rendering.cause_text(found.cause)}{more}")
    else:
        click.echo(f"cause  unknown: {found.note}")
        for cause in found.suspects:
            click.echo(f"  {cause.kind}  {rendering.cause_text(cause)}")
    if not quiet:
        click.echo(f"changed since {good.name}")
        options.table([[f"  {sum(n.values()):,}", cause.kind, rendering.cause_text(cause), causes.counts(n)] for cause, n in found.causes[:12]], right={0})  # fmt: skip
        click.echo(f"looked at {_looks(found)}: " + ", ".join(_step(step, found) for step in found.steps))


def _looks(found: Bisected) -> str:
    return f"{sum(step.parts is None for step in found.steps)} of {found.versions + 1} versions"


def _step(step: Step, found: Bisected) -> str:
    value = step.look.value
    verdict = step.look.verdict if value is None else f"{values.short(value)} {step.look.verdict}"
    if step.parts is None:
        return f"{step.rev[:10]} {verdict}"
    return f"{'cause' if step.alone else 'up to cause'} {step.parts} {verdict}"
