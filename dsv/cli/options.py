"""Options that commands share, and how results are printed."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from dsv import errors
from dsv.project.layout import Layout, find

F = TypeVar("F", bound=Callable[..., Any])
EXITS = {
    0: "done",
    1: "there are differences, or a check failed (only when asked for)",
    2: "wrong usage",
    10: "something to mend, told with a hint",
    11: "not a dsv project",
    12: "unknown version",
    13: "data is missing or damaged (dsv pull)",
    14: "bad records",
    15: "a stage failed",
    16: "another dsv or dvc is at work",
    130: "interrupted",
}


def _within(context: click.Context, _: click.Parameter, value: Path) -> Path:
    """The folder of `-C`: as in git, it may stand before the command too, and one is taken from within the other."""
    return Path(context.find_root().params.get("directory") or "") / value


def directory(fn: F) -> F:
    """`-C DIR`, `-q`, `-v`."""
    for option in (
        click.option("-v", "--verbose", count=True, help="Say more on stderr."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors."),
        click.option(
            "-C",
            "directory",
            type=click.Path(path_type=Path),
            default=Path(),
            metavar="DIR",
            callback=_within,
            help="Work in this folder.",
        ),
    ):
        fn = option(fn)
    return fn


def formats(*names: str) -> Callable[[F], F]:
    """`--format`; the first name is the default."""
    return click.option(
        "-f",
        "--format",
        "form",
        type=click.Choice(names),
        default=names[0],
        show_default=True,
        help="How to print the result.",
    )


def epilog(example: str, *codes: int) -> str:
    """The end of a command's help: an example and its exit statuses."""
    statuses = "\n".join(f"  {code:<4}{EXITS[code]}" for code in (0, *codes))
    return f"\b\nExample:\n  {example}\n\n\b\nExit status:\n{statuses}"


def project(directory: Path, verbose: int = 0) -> Layout:
    """The project around a folder, in which the command goes on: paths that it was given are meant from there, as in git."""
    if not directory.is_dir():
        raise errors.UsageError(f"There is no folder {directory}.")
    os.chdir(directory)
    if verbose:
        importlib.import_module("dsv.cli.logs").show(verbose)
    return find(Path())


def said(name: str) -> bool:
    """Whether the option was given, or has its default."""
    return click.get_current_context().get_parameter_source(name) is not click.core.ParameterSource.DEFAULT


def encoded(name: str, value: Any, form: str) -> Iterator[str]:
    """The lines of `{name/v1: value}`; in the form `jsonl` those of the items of a list."""
    for item in value if form == "jsonl" and isinstance(value, list) else [{f"{name}/v1": value}]:
        yield _line(item)


def emit(name: str, value: Any, form: str) -> None:
    """Prints a value as `json` or `jsonl`."""
    for line in encoded(name, value, form):
        click.echo(line)


def emit_json(name: str, value: Any) -> None:
    """Prints `{name/v1: value}`."""
    emit(name, value, "json")


def emit_lines(items: Iterable[Any]) -> None:
    """Prints one JSON value a line."""
    for item in items:
        click.echo(_line(item))


def _line(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, default=str)


def number(value: int | None) -> str:
    """A count for people."""
    return "?" if value is None else f"{value:,}"


def table(rows: list[list[str]], right: set[int] = frozenset()) -> None:  # type: ignore[assignment]
    """Prints aligned columns, two spaces apart; columns in `right` are flush right."""
    if not rows:
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())
