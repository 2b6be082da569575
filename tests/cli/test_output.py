"""Every command's whole output. After a wanted change: DSV_WRITE_EXPECTED=1 pytest tests/cli/test_output.py, and read the diff."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import dsv
from dsv.cli import COMMANDS, HIDDEN, cli
from tests.cli.story import Story

EXPECTED = Path(__file__).parent / "expected"
READS = {
    "help": ["--help"],
    "run-fresh": ["run"],
    "status": ["status"],
    "status-json": ["status", "--format", "json"],
    "log": ["log"],
    "log-oneline": ["log", "--oneline"],
    "log-json": ["log", "--format", "json"],
    "log-jsonl": ["log", "--format", "jsonl"],
    "show": ["show"],
    "show-json": ["show", "v1.0.0", "--format", "json"],
    "diff": ["diff", "v1.0.0", "HEAD"],
    "diff-nothing": ["diff", "--exit-code"],
    "diff-exit-code": ["diff", "v1.0.0..HEAD", "--exit-code"],
    "diff-records": ["diff", "v1.0.0", "HEAD", "--records"],
    "diff-by-cause": ["diff", "v1.0.0", "HEAD", "--by", "cause"],
    "diff-op": ["diff", "v1.0.0", "HEAD", "--op", "modified"],
    "diff-stat": ["diff", "v1.0.0", "HEAD", "--stat"],
    "diff-stat-json": ["diff", "v1.0.0", "HEAD", "--stat", "--format", "json"],
    "diff-json": ["diff", "v1.0.0", "HEAD", "--format", "json"],
    "diff-jsonl": ["diff", "v1.0.0", "HEAD", "--format", "jsonl"],
    "diff-markdown": ["diff", "v1.0.0", "HEAD", "--format", "md"],
    "why": ["why", "shop/1"],
    "why-replaced": ["why", "shop/2"],
    "why-dropped": ["why", "shop/3"],
    "why-json": ["why", "shop/3", "--format", "json"],
    "plan": ["plan", "--set", "clean.rules[0].missing.columns=[text, price]", "--set", "split.salt=v9"],
    "plan-nothing": ["plan"],
    "plan-json": ["plan", "--set", "merge.min_votes=1", "--format", "json"],
    "plan-markdown": ["plan", "--set", "merge.min_votes=1", "--format", "md"],
    "bisect": ["bisect", "v1.0.0", "--metric", "dropped.clean.duplicate", "--above", "0"],
    "bisect-json": ["bisect", "v1.0.0", "--metric", "dropped.clean.duplicate", "--format", "json"],
    "changelog": ["changelog"],
    "changelog-json": ["changelog", "--format", "json"],
    "reproduce": ["reproduce", "v1.0.0"],
    "reproduce-rebuild-json": ["reproduce", "v1.0.0", "--rebuild", "--format", "json"],
    "checkout": ["checkout", "v1.0.0", "-o", "../old"],
    "verify": ["verify"],
    "verify-json": ["verify", "--format", "json"],
    "export": ["export", "HEAD", "-o", "../out", "--format", "csv"],
    "runs": ["runs", "list"],
    "gc": ["gc", "--keep-days", "30"],
    "stage": ["stage", "--help"],
    "install": ["install", "--undo"],
    "resolve": ["resolve"],
    "resolve-json": ["resolve", "--format", "json"],
    "error-version": ["show", "v9.9.9"],
    "error-version-json": ["show", "v9.9.9", "--format", "json"],
    "error-record-json": ["why", "shop/99", "--format", "json"],
    "error-no-command": [],
    "error-usage": ["diff", "a", "b", "c"],
    "error-command": ["dif"],
    "error-option": ["diff", "--stats"],
    "error-params": ["plan", "--set", "split.method=stickee", "--set", "clean.rules[0].missing.colums=[text]"],
    "error-usage-json": ["log", "--limit", "0", "--format", "json"],
    "error-project-json": ["log", "-C", "..", "--format", "json"],
    "error-stage": ["run", "nonsense"],
}
BUILT = [
    "init", "init-again", "add", "add-votes", "status-new", "run", "commit", "commit-nothing", "add-second", "status-stale",
    "status-stale-json", "commit-stale", "run-second-json", "status-uncommitted", "commit-auto", "push", "pull",
]  # fmt: skip


def compare(name: str, found: str) -> None:
    path = EXPECTED / f"{name}.txt"
    if os.environ.get("DSV_WRITE_EXPECTED") == "1":
        path.write_text(found, encoding="utf-8")
    assert found.splitlines() == path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", BUILT)
def test_what_a_command_that_changes_something_prints(story: Story, name: str) -> None:
    compare(name, story.told[name])


@pytest.mark.parametrize("name", READS)
def test_what_a_command_that_reads_prints(story: Story, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    compare(name, story.dsv(*READS[name]))


def test_no_command_and_no_expectation_is_forgotten() -> None:
    assert {p.stem for p in EXPECTED.glob("*.txt")} == {*BUILT, *READS}
    assert {name.split("-")[0] for name in (*BUILT, *READS)} >= set(COMMANDS) - HIDDEN


def _commands(group: click.Group, above: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=above)
        if isinstance(command, click.Group):
            yield from _commands(command, context)
        else:
            yield context.command_path, command, context


def test_every_command_has_a_library_function_of_its_name() -> None:
    assert [name for name in cli.list_commands(click.Context(cli)) if not callable(getattr(dsv, name, None))] == []


def test_every_command_takes_what_all_take_and_tells_an_example_and_its_exits() -> None:
    lacking = []
    for path, command, context in _commands(cli, click.Context(cli, info_name="dsv", **cli.context_settings)):
        known, told = {name for param in command.params for name in param.opts}, command.get_help(context)
        lacking += [(path, name) for name in ("-C", "-q", "-v") if name not in known]
        lacking += [(path, part) for part in ("Example:", "Exit status:") if part not in told]
    assert lacking == []


@pytest.mark.parametrize(
    ("args", "name", "keys"),
    [
        (["status"], "dsv.status/v1", {"clean", "stages", "uncommitted", "unpushed"}),
        (
            ["show"],
            "dsv.show/v1",
            {"rev", "root", "records", "dropped", "quarantined", "splits", "labels", "columns", "sources", "stages"},
        ),
        (
            ["diff", "v1.0.0", "HEAD"],
            "dsv.diff/v1",
            {"from", "to", "schema", "records", "columns", "labels", "splits", "causes", "bump"},
        ),
        (["why", "shop/1"], "dsv.why/v1", {"id", "source", "batch", "file", "row", "state", "split", "label", "steps"}),
        (["reproduce", "HEAD"], "dsv.reproduce/v1", {"rev", "expected", "actual", "equal", "first_difference"}),
        (["verify"], "dsv.verify/v1", {"objects", "corrupt", "missing", "healed"}),
    ],
)
def test_json_has_every_key_that_is_promised(story: Story, args: list[str], name: str, keys: set[str]) -> None:
    told = story.json(*args)
    assert isinstance(told, dict)
    assert list(told) == [name]
    assert keys - set(told[name]) == set()


def test_the_log_has_every_key_that_is_promised(story: Story) -> None:
    told = story.json("log")
    assert isinstance(told, dict)
    keys = {"rev", "version", "date", "message", "root", "records", "splits", "bump"}
    assert [keys - set(entry) for entry in told["dsv.log/v1"]] == [set(), set()]
