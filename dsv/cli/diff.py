"""dsv diff"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dsv.cli import options, rendering
from dsv.errors import UsageError
from dsv.project.layout import Layout

PAGES = ("md", "html")
OPS = ("added", "removed", "modified", "moved")


@click.command(epilog=options.epilog("dsv diff v1.0.0 v1.1.0 --records --limit 20", 1, 2, 10, 11, 12, 13))
@click.argument("revs", nargs=-1)
@click.option("--stat", is_flag=True, help="Figures from the reports only: needs no data.")
@click.option("--records", is_flag=True, help="List the changed records.")
@click.option("--op", type=click.Choice(OPS), multiple=True, help="Only records to which this happened.")
@click.option(
    "--where",
    metavar="EXPR",
    help="Only records for which this SQL expression over from_COLUMN, to_COLUMN and id holds.",
)
@click.option("--column", help="Only records in which this column changed.")
@click.option("--split", help="Only records that are or were in this split.")
@click.option(
    "--limit", type=click.IntRange(0), default=20, show_default=True, help="So many records at most (0: all)."
)
@click.option("--by", type=click.Choice(["cause", "commit"]), help="List some records under their causes; or tell which commits brought the changes.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if there are differences.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the md or html there.")
@click.option("--link", metavar="URL", help="Where md points for more.")
@options.formats("text", "json", "jsonl", "md", "html")
@options.directory
def command(
    revs: tuple[str, ...],
    stat: bool,
    exit_code: bool,
    form: str,
    directory: Path,
    quiet: bool,
    verbose: int,
    **chosen: Any,
) -> int:
    """Compare two versions, or the data and metrics of two runs: A B, A..B (end points), A...B (from the merge base). A is HEAD and B the workspace when left out."""
    layout = options.project(directory, verbose)
    a, b = ends(layout, revs)
    if chosen["output"] is not None and (form not in PAGES or stat):
        raise UsageError("-o goes with --format md or html.", hint="dsv diff A B --format html -o report.html")
    wanted = rendering.Wanted(**{**chosen, "limit": chosen["limit"] or None}, limited=options.said("limit"))
    if stat and (wanted.listing or wanted.by):
        raise UsageError("--stat reads reports, which know no records.", hint="leave --stat out, or what goes with records")
    differs = _stat(layout, a, b, form) if stat else _full(layout, a, b, form, wanted)
    return 1 if exit_code and differs else 0


def ends(layout: Layout, revs: tuple[str, ...]) -> tuple[str, str]:
    """The two versions that the arguments name, as git reads them."""
    from dsv.ops.merge_base import merge_base

    if len(revs) > 2:
        raise UsageError("diff compares two versions.")
    if len(revs) == 1 and "..." in revs[0]:
        a, _, b = revs[0].partition("...")
        return merge_base(layout, a or "HEAD", b or "HEAD"), b or "HEAD"
    if len(revs) == 1 and ".." in revs[0]:
        a, _, b = revs[0].partition("..")
        return a or "HEAD", b or "HEAD"
    return (*revs, *("HEAD", ".")[len(revs) :])  # type: ignore[return-value]


def _stat(layout: Layout, a: str, b: str, form: str) -> bool:
    from dsv.cli import runs_rendering
    from dsv.ops.metric_changes import metric_changes
    from dsv.ops.stat import stat

    found = stat(layout, a, b)
    metrics = metric_changes(layout, a, b)
    if form in ("json", "jsonl"):
        options.emit_json("dsv.stat", found.json() | ({"metrics": [m.json() for m in metrics]} if metrics else {}))
    else:
        rendering.stat(found)
        runs_rendering.metrics(metrics or [])
    return found.differs


def _full(layout: Layout, a: str, b: str, form: str, wanted: rendering.Wanted) -> bool:
    from dsv.cli import runs_rendering
    from dsv.ops.diff import diff
    from dsv.ops.runs_diff import compare

    found = diff(layout, a, b)
    if wanted.choice:
        # What is not known is told before anything is printed.
        some = any(found.records(limit=1, **wanted.choice))
    runs = compare(found)
    if runs is None:
        rendering.FORMS[form](found, wanted)
    else:
        runs_rendering.FORMS[form](found, wanted, runs)
    return some if wanted.choice else bool(found)
