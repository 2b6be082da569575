"""Which changed records `dsv diff` lists, in every form; and that every command tells the same in JSON and in lines of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

import dsv
from dsv import errors
from tests.cli.story import Story
from tests.conftest import Project

DIFF = ("diff", "v1.0.0", "HEAD")


def items(story: Story, *more: str) -> list[Any]:
    """The records that the diff lists in JSON; those of JSON lines are the same."""
    told = story.json(*DIFF, *more)
    assert isinstance(told, dict)
    found = told["dsv.diff/v1"]["items"]
    lines = story.dsv(*DIFF, *more, "--format", "jsonl").splitlines()[1:]
    assert [json.loads(line) for line in lines if line.startswith("{")] == found
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("more", "ids"),
    [
        (["--records"], ["shop/2", "shop/7", "shop/3"]),
        (["--records", "--limit", "1"], ["shop/2"]),
        (["--op", "added"], ["shop/7"]),
        (["--op", "added", "--op", "removed"], ["shop/7", "shop/3"]),
        (["--column", "text"], ["shop/2"]),
        (["--column", "price"], []),
        (["--where", "from_price > 4"], ["shop/2", "shop/3"]),
        (["--where", "from_price > 4", "--op", "removed"], ["shop/3"]),
        (["--by", "cause"], ["shop/2", "shop/7", "shop/3"]),
    ],
)
def test_json_lists_what_is_asked_for(story: Story, more: list[str], ids: list[str]) -> None:
    assert sorted(one["id"] for one in items(story, *more)) == sorted(ids)


def test_a_diff_of_a_split_lists_also_what_was_modified_in_it(story: Story) -> None:
    whole = items(story, "--records")
    by_split = {name: {one["id"] for one in items(story, "--split", name)} for name in ("train", "test")}
    assert by_split["train"] | by_split["test"] == {one["id"] for one in whole}
    (modified,) = [one["id"] for one in whole if one["op"] == "modified"]
    where = dsv.load("HEAD", path=story.root).to_polars().filter(_id=modified)["split"].item()
    assert modified in by_split[where]


def test_json_without_a_choice_lists_nothing(story: Story) -> None:
    told = story.json(*DIFF)
    assert isinstance(told, dict)
    assert "items" not in told["dsv.diff/v1"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--split", "tran"], "v1.0.0 and HEAD have no split 'tran'; they have test, train."),
        (["--column", "prise"], "No version has a column 'prise'; did you mean price?"),
        (["--where", "to_prise > 1"], "'to_prise > 1' is no expression over the columns: there is no 'to_prise'; did you mean to_price?"),
        (["--stat", "--op", "added"], "--stat reads reports, which know no records."),
        (["--stat", "--by", "commit"], "--stat reads reports, which know no records."),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "md"])
def test_what_no_version_knows_is_refused(story: Story, more: list[str], message: str, form: str) -> None:
    told = story.dsv(*DIFF, *more, "--format", form)
    assert told.endswith("--- exit 2\n")
    assert message in told.replace('\\"', '"')
    # Nothing is printed before it is refused.
    assert told.splitlines()[1] == "--- stderr"


def test_what_is_no_condition_is_refused_where_nothing_changed(story: Story) -> None:
    assert story.dsv("diff", "HEAD", "HEAD", "--where", "nosuch >").endswith("--- exit 2\n")
    assert story.dsv("diff", "HEAD", "HEAD", "--column", "nosuch").endswith("--- exit 2\n")


@pytest.mark.parametrize(("op", "code"), [("moved", 0), ("added", 1)])
def test_the_exit_code_is_of_what_is_asked_for(story: Story, op: str, code: int) -> None:
    told = story.dsv(*DIFF, "--op", op, "--exit-code")
    assert told.endswith(f"--- exit {code}\n") is bool(code)


@pytest.mark.parametrize(
    "args",
    [["status"], ["show"], ["why", "shop/3"], ["verify"], ["reproduce", "v1.0.0"], ["run"], ["log"], ["changelog"], ["runs", "list"], ["gc", "--dry-run"], ["bisect", "v1.0.0", "--metric", "dropped.clean.duplicate"], ["diff", "v1.0.0", "HEAD", "--stat"]],
    ids=lambda args: args[0],
)  # fmt: skip
def test_lines_of_json_are_the_items_of_the_json(story: Story, args: list[str]) -> None:
    told = story.json(*args)
    assert isinstance(told, dict)
    (value,) = told.values()
    lines = [json.loads(line) for line in story.dsv(*args, "--format", "jsonl").splitlines()[1:]]
    masked = json.loads(story.masked(json.dumps(value if isinstance(value, list) else [told])).replace("<s>", "0"))
    assert [json.loads(json.dumps(line).replace("<s>", "0")) for line in lines] == masked


@pytest.mark.parametrize("form", [["-fjson"], ["-f", "json"], ["--format=jsonl"], ["--format", "jsonl"]])
def test_errors_are_in_json_where_results_are(story: Story, form: list[str]) -> None:
    assert '{"dsv.error/v1": {"code": 12,' in story.dsv("show", "v9.9.9", *form)


@pytest.mark.parametrize("command", [["export", "v9.9.9", "-o", "out"], ["-C", ".", "export", "v9.9.9", "-o", "out"]])
def test_the_format_of_files_is_not_that_of_errors(story: Story, command: list[str]) -> None:
    assert "--- stderr\nerror: " in story.dsv(*command, "--format", "jsonl")


def test_a_condition_may_speak_of_a_column_that_only_another_source_has(project: Project) -> None:
    rows = {"shop": "id,price\n1,5\n", "web": "id,stars\n1,3\n"}
    for name, text in rows.items():
        project.dsv("add", str(project.write(f"{name}.csv", text)), "--source", name, "--key", "id", "--license", "MIT")
    project.dsv("run")
    project.dsv("commit", "-m", "one", "--tag", "v1.0.0")
    project.dsv("add", str(project.write("more.csv", "id,price\n2,7\n")), "--source", "shop")
    project.dsv("run")
    found = project.dsv("diff", "--where", "to_stars IS NULL AND to_price > 6", "--format", "jsonl").out
    assert json.loads(found)["id"] == "shop/2"
    assert project.dsv("diff", "--where", "to_stars > 1", "--format", "jsonl").out == ""


def test_the_library_chooses_as_the_command_does(story: Story) -> None:
    found = dsv.diff("v1.0.0", "HEAD", path=story.root)
    assert [delta.id for delta in found.records(op=["added"])] == ["shop/7"]
    assert [delta.id for delta in found.records(column="text", limit=1)] == ["shop/2"]
    with pytest.raises(errors.UsageError, match="There is no op 'add'; did you mean added"):
        found.records(op=["add"])
