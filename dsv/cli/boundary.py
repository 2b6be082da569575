"""The one place where errors become messages and exit codes."""

from __future__ import annotations

import importlib
import json
import os
import sys
from itertools import pairwise

import click

from dsv.cli import interrupt
from dsv.errors import Bug, DsvError, of_system

BUG, INTERRUPTED, BROKEN_PIPE = 70, 130, 141
# Commands whose --format is no way to print a result.
OF_FILES = ("add", "export")


def run(cli: click.Command, args: list[str]) -> int:
    """The exit code of the command line run with these arguments; every error has been told."""
    as_json, stdout = _asks_json(args), sys.stdout
    try:
        with interrupt.handled():
            result = cli.main(args, prog_name="dsv", standalone_mode=False)
            # What waits in the buffer may fail too, and is not told by anybody later.
            if sys.stdout is not None:
                sys.stdout.flush()
    except Bug as error:
        _tell_bug(error.message, as_json)
        return BUG
    except DsvError as error:
        _tell(error.message, error.hint, error.code, as_json)
        return error.code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        _tell(*_of_click(error), error.exit_code, as_json)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except SystemExit:
        # Only where the reader went away (`dsv log | head`) click puts its own stdout in place and exits: with 1, which
        # would be a difference here.
        if sys.stdout is stdout:
            raise
        # Nothing is wrong.
        _give_up()
        return BROKEN_PIPE
    except OSError as error:
        told = of_system(error)
        _tell(told.message, told.hint, told.code, as_json)
        _give_up()
        return told.code
    except Exception:  # the boundary: whatever is left is a bug, or what became of a Ctrl-C
        if interrupt.heard():
            return _interrupted()
        _tell_bug(None, as_json)
        return BUG
    return result if isinstance(result, int) else 0


def _give_up() -> None:
    """What stdout has not taken by now it never will: Python's own flush at exit must not complain."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupted() -> int:
    click.echo("Interrupted.", err=True)
    return INTERRUPTED


def _of_click(error: click.ClickException) -> tuple[str, str]:
    """Message and hint of wrong usage, in the words of our own errors."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    return error.format_message(), f"{context.command_path if context else 'dsv'} --help"


def _asks_json(args: list[str]) -> bool:
    """Whether errors are told in JSON, as results are; of `add` and `export` the format is that of files."""
    command = next((arg for arg, before in zip(args, ["", *args], strict=False) if not arg.startswith("-") and before != "-C"), "")
    told = [f"{a} {b}" if a in ("--format", "-f") else a for a, b in pairwise([*args, ""])]
    return command not in OF_FILES and any(one.startswith(("--format json", "--format=json", "-f json", "-fjson")) for one in told)


def _tell(message: str, hint: str | None, code: int, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps({"dsv.error/v1": {"code": code, "message": message, "hint": hint}}, ensure_ascii=False), err=True
        )
        return
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)


def _tell_bug(trace: str | None, as_json: bool) -> None:
    """Tells of a bug by the traceback of a stage, or (None) of the exception that is being handled."""
    bug = importlib.import_module("dsv.cli.bug")  # what it needs is slow to import
    if as_json:
        _tell(f"BUG: {trace or bug.current()}", None, BUG, as_json)
    else:
        bug.tell(trace or bug.current())
