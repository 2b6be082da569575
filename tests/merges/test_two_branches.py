from __future__ import annotations

import pytest

from dsv.errors import DsvError
from dsv.ops.conflicts import conflicts
from dsv.ops.resolve import resolve
from tests.merges.conftest import Fork


def test_two_branches_that_add_batches_and_annotations_merge_to_both(fork: Fork) -> None:
    fork.on("ours").git("reset", "-q", "--hard", "HEAD~1")
    fork.merge("theirs~1")
    status = fork.project.dsv("status", "--format", "json").json()["dsv.status/v1"]
    assert {stage["stage"]: stage["state"] for stage in status["stages"]} == dict.fromkeys(
        ["ingest", "merge", "audit"], "stale"
    )
    assert status["uncommitted"] == []
    fork.build("merged")
    assert fork.column("text") == {1: "one", 2: "two", 3: "three!", 4: "four", 10: "ten", 20: "twenty"}
    assert fork.column("label") == {1: "y", 2: "x", 3: "z", 4: None, 10: None, 20: None}
    assert fork.project.dsv("resolve", "--exit-code").out == "Nothing is in conflict.\n"
    assert [line.split("  ")[-1] for line in fork.project.dsv("log", "--oneline").out.splitlines()] == [
        "merged", "theirs 1", "ours 1", "base",
    ]  # fmt: skip


@pytest.mark.long
def test_a_correction_that_the_other_side_repeats_as_it_was_is_found_once_built_and_kept(base: Fork) -> None:
    base.git("branch", "theirs")
    base.deliver("shop", "id,text,price\n3,three!,3.0\n", "ours")
    base.build("ours")
    base.on("theirs").deliver("shop", "id,text,price\n3,three,3.0\n5,five,5.0\n", "theirs")
    base.build("theirs")
    base.git("checkout", "-q", "-")
    base.merge("theirs")
    base.build("merged")
    assert base.column("text")[3] == "three"
    assert [(c.id, c.undone) for c in conflicts(base.layout).conflicts] == [("shop/3", True)]
    resolve(base.layout, "theirs")
    base.build("settled")
    assert base.column("text") == {1: "one", 2: "two", 3: "three!", 4: "four", 5: "five"}
    assert conflicts(base.layout).conflicts == []


@pytest.mark.long
def test_two_versions_are_compared_before_a_merge_and_after_a_rebase(fork: Fork) -> None:
    ids = ["shop/2", "shop/30", "votes/2/ann"]
    assert [c.id for c in conflicts(fork.on("theirs").layout, "ours", "theirs").conflicts] == ids
    with pytest.raises(DsvError, match="shop/ours-1 is not here: both must be merged first"):
        resolve(fork.layout, "ours", revs=["ours", "theirs"])
    fork.git("rebase", "-q", "ours")
    assert resolve(fork.layout, "ours", revs=["ours", "ORIG_HEAD"]).ids == ids
    fork.build("settled")
    assert (fork.column("text")[2], fork.column("text")[20]) == ("two ours", "twenty")
    assert conflicts(fork.layout, "ours", "ORIG_HEAD").conflicts == []
