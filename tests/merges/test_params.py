from __future__ import annotations

from pathlib import Path

import pytest

from dsv.ops.conflicts import conflicts
from dsv.ops.resolve import resolve
from dsv.project.params import load
from tests.merges.conftest import Fork


def commit(fork: Fork, message: str) -> None:
    """Commits without building: what is merged are files."""
    fork.git("commit", "-qam", message, "--no-verify")


@pytest.fixture
def parted(base: Fork) -> Fork:
    """Two branches that set one param to two values, and each another one."""
    base.git("branch", "theirs")
    base.edit('"tie": "first"', '"tie": "drop", "min_votes": 2')
    commit(base, "ours")
    base.on("theirs").edit('"tie": "first"', '"tie": "queue", "undecided": "drop"')
    commit(base, "theirs")
    base.git("checkout", "-q", "-")
    return base


def test_a_param_set_to_two_values_is_a_conflict_with_markers_around_it_alone(parted: Fork) -> None:
    told = parted.merge("theirs", code=1).err
    assert "dsv: params.yaml: merge.tie: ours drop, theirs queue" in told
    lines = (parted.project.root / "params.yaml").read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("<<<<<<<"))
    assert lines[start : start + 5] == [
        "<<<<<<< ours",
        "merge: {tie: drop, min_votes: 2, undecided: drop}",
        "=======",
        "merge: {tie: queue, min_votes: 2, undecided: drop}",
        ">>>>>>> theirs",
    ]


def test_a_param_in_conflict_is_listed_with_what_it_was(parted: Fork) -> None:
    parted.merge("theirs", code=1)
    assert parted.project.dsv("resolve").out.splitlines()[1:] == [
        "param merge.tie",
        "    ours drop   theirs queue   before first",
    ]


@pytest.mark.parametrize(
    ("side", "answer", "tie"),
    [("ours", "", "drop"), ("theirs", "", "queue"), (None, '{"id": "merge.tie", "value": "first"}', "first")],
)
def test_a_param_in_conflict_is_settled_by_a_side_or_a_value(
    parted: Fork, tmp_path: Path, side: str | None, answer: str, tie: str
) -> None:
    parted.merge("theirs", code=1)
    (tmp_path / "c.jsonl").write_text(answer)
    parted.project.dsv("resolve", *([f"--{side}"] if side else ["--with", str(tmp_path / "c.jsonl")]))
    assert load(parted.layout.params).raw["merge"] == {"tie": tie, "min_votes": 2, "undecided": "drop"}
    assert parted.git("diff", "--name-only", "--diff-filter=U").out == ""


@pytest.mark.parametrize(("value", "told"), [("[a", "not valid YAML"), ("nonsense", 'merge.tie: found "nonsense"')])
def test_a_value_that_cannot_be_is_refused_and_the_conflict_stays(
    parted: Fork, tmp_path: Path, value: str, told: str
) -> None:
    parted.merge("theirs", code=1)
    (tmp_path / "c.csv").write_text(f"id,value\nmerge.tie,{value}\n")
    assert told in parted.project.dsv("resolve", "--with", str(tmp_path / "c.csv"), code=10).err
    assert parted.git("diff", "--name-only", "--diff-filter=U").out == "params.yaml\n"


def test_batches_of_one_name_are_both_kept_theirs_under_the_next(base: Fork) -> None:
    base.git("branch", "theirs")
    base.deliver("shop", "id,text,price\n5,five,5.0\n", "0002")
    base.git("add", "-A")
    commit(base, "ours")
    base.on("theirs").deliver("shop", "id,text,price\n6,six,6.0\n", "0002")
    base.git("add", "-A")
    commit(base, "theirs")
    base.git("checkout", "-q", "-")
    base.merge("theirs", code=1)
    assert [(c.kind, c.id) for c in conflicts(base.layout).conflicts] == [("batch", "shop/0002")]
    assert resolve(base.layout, "ours").written == ["shop/0003"]
    assert load(base.layout.params).sources["shop"].batches == ("first", "0002", "0003")
    base.build("merged")
    assert {5: "five", 6: "six"}.items() <= base.column("text").items()


def test_without_a_merge_there_is_nothing_to_resolve(base: Fork) -> None:
    assert base.project.dsv("resolve", "--exit-code").out == "There is no merge.\n"
