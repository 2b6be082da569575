"""The command line. The group knows names and one-line helps; a command's module is loaded when it is called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from gc import freeze

import click

from dsv.cli.boundary import run

COMMANDS = {
    "init": "Make a project here.",
    "add": "Take in a delivery of a source.",
    "run": "Build what is out of date.",
    "status": "Say what is out of date and why.",
    "commit": "Commit code and data version together.",
    "log": "List the versions.",
    "show": "Describe a version.",
    "diff": "Compare two versions, record by record.",
    "why": "Tell the life of a record.",
    "checkout": "Write a version's files into the workspace or a folder.",
    "reproduce": "Bring back a version and prove that it is the same.",
    "verify": "Check stored objects against their hashes.",
    "push": "Send versions to a remote.",
    "pull": "Fetch versions from a remote.",
    "gc": "Trim the local cache of derived data.",
    "export": "Write a version's records in another format.",
    "plan": "Say what a change of params would do.",
    "bisect": "Find the version, and the cause in it, after which a check fails.",
    "changelog": "Write the data set's changelog from its versions.",
    "runs": "Link training runs to versions.",
    "stage": "Add a stage of your own.",
    "x": "Run one stage (called by DVC).",
    "install": "Teach git to show, merge and check the data set.",
    "resolve": "List or settle what both sides of a merge changed.",
    "git": "Show, merge and check files (called by git).",
}
HIDDEN = {"git", "x"}


class Group(click.Group):
    """Loads `dsv.cli.NAME` when the command NAME is asked for: `--help` and `log` stay fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"dsv.cli.{cmd_name}")
        # What was loaded stays: a look for garbage that begins with it takes 20 ms.
        freeze()
        command: click.Command = module.command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            nearest = importlib.import_module("dsv.record.problem").nearest  # only here
            raise click.UsageError(f"There is no command {args[0]!r}{nearest(args[0], self.list_commands(ctx)) or '.'}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-C", "directory", type=click.Path(), metavar="DIR", help="Work in this folder.")
@click.version_option(package_name="dsv", prog_name="dsv")
def cli(directory: str | None) -> None:
    """Versions of data sets, beside the code, on DVC: what changed, record by record, and why."""


def main(args: Sequence[str] | None = None) -> None:
    """Runs the command line and exits."""
    sys.exit(run(cli, sys.argv[1:] if args is None else list(args)))
