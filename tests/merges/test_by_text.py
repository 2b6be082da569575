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


@pytest.fixture
def reverted(base: Fork) -> Fork:
    """A delivery that a revert takes back, where another came after it; git merges as text."""
    base.project.dsv("install", "--undo")
    base.git("rm", "-q", "-f", ".gitattributes")
    for text in ("5,five,5.0", "3,three!,3.0\n5,5,5.0"):
        base.deliver("shop", f"id,text,price\n{text}\n")
        base.build(text)
    base.git("revert", "--no-edit", "HEAD~1", code=1)
    return base


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


def test_a_revert_is_listed_and_settled(reverted: Fork) -> None:
    assert reverted.project.dsv("status", code=10).err.splitlines()[-1] == "hint: dsv resolve"
    told = reverted.project.dsv("resolve", "--exit-code", code=1)
    assert "params.yaml" in told.out
    assert "record" not in told.out, "what came after the delivery is in no conflict with taking it away"
    assert "left to be merged" not in reverted.project.dsv("resolve", "--theirs").out.lower()
    reverted.build("without it")
    assert reverted.column("text") == {1: "one", 2: "two", 3: "three!", 4: "four", 5: "5"}


def test_a_stash_that_does_not_fit_is_listed_and_settled(base: Fork) -> None:
    base.edit('"tie": "first"', '"tie": "drop"')
    base.git("stash", "-q")
    base.edit('"tie": "first"', '"tie": "queue"')
    base.build("queue")
    base.git("stash", "pop", "-q", code=1)
    assert base.project.dsv("resolve").out.splitlines()[:3] == [
        "1 in conflict",
        "param merge.tie",
        "    ours queue   theirs drop   before first",
    ]
    base.project.dsv("resolve", "--theirs")
    base.build("drop")
    assert base.project.dsv("status").out == "Up to date; everything is committed.\n"


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
