from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import click
import pytest

from dsv.cli import COMMANDS, HIDDEN, cli

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
