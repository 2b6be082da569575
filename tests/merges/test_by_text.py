"""Merges in a clone without `dsv install`: git merges as text, and `dsv resolve` does what git would have done with it."""

from __future__ import annotations

import pytest

import dsv
from dsv.ops.commit import commit
from dsv.ops.run import run
from tests.merges.conftest import Fork

STOPS = [["status"], ["diff"], ["run"], ["commit", "-m", "m"]]


@pytest.fixture
def text(fork: Fork) -> Fork:
    """The merge of two branches without conflict of records, by a git that knows nothing of dsv."""
    fork.project.dsv("install", "--undo")
    fork.git("checkout", "-q", "--", ".")
    fork.git("checkout", "-q", "-B", "mine", "ours~1")
    fork.git("rm", "-q", ".gitattributes")
    fork.edit('"tie": "first"', '"tie": "drop"')
    fork.build("ours")
    fork.git("checkout", "-q", "-B", "other", "theirs~1")
    fork.git("rm", "-q", ".gitattributes")
    fork.edit('"tie": "first"', '"tie": "queue"')
    fork.build("theirs")
    fork.on("mine").merge("other", code=1)
    assert "dvc.lock" in fork.git("diff", "--name-only", "--diff-filter=U").out.splitlines()
    return fork


@pytest.mark.parametrize("args", STOPS, ids=" ".join)
def test_the_next_command_is_told(text: Fork, args: list[str]) -> None:
    assert text.project.dsv(*args, code=10).err.splitlines()[-1] == "hint: dsv resolve"


def test_what_is_committed_can_be_read(text: Fork) -> None:
    assert len(text.project.dsv("log").out.split("\nversion ")) == 3
    assert text.project.dsv("diff", "mine", "other").out.endswith("\n")
    assert text.project.dsv("show", "HEAD").out.startswith("version ")


def test_all_files_are_merged(text: Fork) -> None:
    told = text.project.dsv("resolve", code=0).out.splitlines()
    assert told[0].startswith("git could not merge .dsv/sig.yaml, ")
    assert "param merge.tie" in told
    text.project.dsv("resolve", "--theirs")
    assert text.git("diff", "--name-only", "--diff-filter=U").out == ""
    ignored = (text.project.root / "data/raw/shop/.gitignore").read_text(encoding="utf-8").split()
    assert {"/ours-1", "/theirs-1"} <= {*ignored}
    run(text.layout)
    commit(text.layout, "merged")
    assert {10, 20} <= {*text.column("text")}
    assert dsv.log(path=text.project.root)[0].entry.message == "merged"


def test_what_people_wrote_is_left_to_them(text: Fork) -> None:
    text.git("merge", "--abort")
    for branch, command in (("mine", "one"), ("other", "two")):
        path = text.on(branch).project.root / "dvc.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("stages:\n", f"stages:\n  own:\n    cmd: echo {command}\n"), encoding="utf-8")
        text.git("commit", "-qam", command)
    text.on("mine").merge("other", code=1)
    done = text.project.dsv("resolve", "--ours")
    assert done.out.splitlines()[-1] == "Left to be merged by hand: dvc.yaml"
    assert done.err == "hint: git add dvc.yaml, dsv run, then dsv commit -m MESSAGE\n"
