from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import click
import pytest

from dsv.cli import COMMANDS, HIDDEN, cli
from dsv.record import yaml12

ROOT = Path(__file__).parents[1]


def test_the_command_reference_is_what_the_commands_say() -> None:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.TARGET.read_text(encoding="utf-8") == module.reference(), "run `make docs`"


@pytest.mark.parametrize("name", [n for n in COMMANDS if n not in HIDDEN and n != "stage"])
def test_every_command_shows_an_example_and_its_exit_statuses(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help
    assert "Example:" in str(command.epilog)
    assert "Exit status:" in str(command.epilog)


LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")], ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_jobs_of_the_ci_page_are_yaml_and_call_commands_with_options_that_there_are() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), re.DOTALL)
    assert [type(yaml12.load(block)) for block in blocks] == [dict, dict]
    calls = re.findall(
        r"\bdsv (\w+)((?: --[\w-]+| \S+)*)", "\n".join(re.findall(r"^.*\bdsv .*$", "".join(blocks), re.MULTILINE))
    )
    assert {name for name, _ in calls} == {"diff"}
    options = [option for name, rest in calls for option in re.findall(r"--[\w-]+", rest)]
    known = cli.get_command(click.Context(cli), "diff")
    assert known is not None
    assert options
    assert set(options) <= {opt for param in known.params for opt in param.opts}
