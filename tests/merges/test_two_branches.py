from __future__ import annotations

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
