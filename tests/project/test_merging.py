from __future__ import annotations

from typing import Any

import pytest

from dsv.project.merging import Texts, chosen, combine
from dsv.record import yaml12

PARAMS = """\
dataset: d
sources:
  # ours and theirs
  shop: {key: [id], batches: [a]}
clean:
  rules: []   # none yet
"""


def texts(base: str, ours: tuple[str, str], theirs: tuple[str, str]) -> Texts:
    return Texts(base.encode(), base.replace(*ours).encode(), base.replace(*theirs).encode())


def test_what_both_add_to_one_line_of_params_is_there_and_comments_stay() -> None:
    done = combine("params.yaml", texts(PARAMS, ("[a]", "[a, b]"), ("[a]", "[a, c]")))
    assert done == (PARAMS.replace("[a]", "[a, b, c]").encode(), ())


def test_changes_on_other_lines_are_merged_as_git_does() -> None:
    done = combine(
        "params.yaml", texts(PARAMS, ("# ours and theirs", "# a shop"), ("[]   # none yet", "[duplicate: {}]   # one"))
    )
    assert done.text.decode() == PARAMS.replace("# ours and theirs", "# a shop").replace(
        "[]   # none yet", "[duplicate: {}]   # one"
    )


CHANGING = "{name: b, names: [x, y]}"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [("[a, b]", "[a, c]", ["a", "b", "c"]), (f"[a, {CHANGING}]", "[a, c]", ["a", "c", "b"]), ("[a, c]", f"[a, {CHANGING}]", ["a", "c", "b"])],
)  # fmt: skip
def test_a_batch_that_changes_how_later_ones_are_read_comes_last(ours: str, theirs: str, merged: list[str]) -> None:
    done = combine("params.yaml", texts(PARAMS, ("[a]", ours), ("[a]", theirs)))
    batches = yaml12.load(done.text)["sources"]["shop"]["batches"]
    assert [b if isinstance(b, str) else b["name"] for b in batches] == merged
    assert done.conflicts == ()


def test_two_batches_that_change_how_later_ones_are_read_are_a_conflict() -> None:
    both = texts(PARAMS, ("[a]", "[a, {name: b, header: false}]"), ("[a]", "[a, {name: c, format: csv}]"))
    assert [conflict.name for conflict in combine("params.yaml", both).conflicts] == ["sources.shop.batches"]
    assert yaml12.load(chosen("params.yaml", both, lambda c: c.theirs))["sources"]["shop"]["batches"][1]["name"] == "c"


def lock(**stages: str) -> bytes:
    return yaml12.dump(
        {"schema": "2.0", "stages": {name: {"cmd": f"dsv x {name}", "outs": out} for name, out in stages.items()}}
    ).encode()


STAGES = [
    ("each changed one", {"a": "0", "b": "0"}, {"a": "1", "b": "0"}, {"a": "0", "b": "2"}, {"a": "1", "b": "2"}),
    ("both changed one: ours", {"a": "0", "b": "0"}, {"a": "1", "b": "0"}, {"a": "2", "b": "2"}, {"a": "1", "b": "2"}),
    ("each added one", {"a": "0"}, {"a": "0", "b": "1"}, {"a": "0", "c": "2"}, {"a": "0", "b": "1", "c": "2"}),
    ("one taken away", {"a": "0", "b": "0"}, {"a": "0"}, {"a": "0", "b": "0"}, {"a": "0"}),
    ("taken away and changed", {"a": "0", "b": "0"}, {"a": "0"}, {"a": "0", "b": "2"}, {"a": "0", "b": "2"}),
]  # fmt: skip


@pytest.mark.parametrize(("base", "ours", "theirs", "merged"), [c[1:] for c in STAGES], ids=[c[0] for c in STAGES])
def test_the_lock_is_merged_by_stage(base: Any, ours: Any, theirs: Any, merged: Any) -> None:
    done = combine("dvc.lock", Texts(lock(**base), lock(**ours), lock(**theirs)))
    assert done == (lock(**merged), ())


def test_stages_of_dsv_are_no_conflict_in_dvc_yaml_and_those_of_others_are() -> None:
    base = "stages:\n  ingest:\n    cmd: dsv x ingest\n    deps: [a]\n  train:\n    cmd: t 0\n"
    found = combine("dvc.yaml", texts(base, ("[a]", "[a, b]"), ("[a]", "[a, c]")))
    assert (yaml12.load(found.text)["stages"]["ingest"]["deps"], found.conflicts) == (["a", "b", "c"], ())
    clash = combine("dvc.yaml", texts(base, ("t 0", "t 1"), ("t 0", "t 2")))
    assert [conflict.name for conflict in clash.conflicts] == ["stages.train.cmd"]
    assert b"<<<<<<< ours\n    cmd: t 1\n=======\n    cmd: t 2\n>>>>>>> theirs\n" in clash.text


def test_signatures_are_merged_by_stage_and_never_in_conflict() -> None:
    sides = [
        yaml12.dump({"a": {"params": p}, "b": {"params": q}}).encode() for p, q in (("0", "0"), ("1", "0"), ("2", "2"))
    ]
    done = combine(".dsv/sig.yaml", Texts(*sides))
    assert (yaml12.load(done.text), done.conflicts) == ({"a": {"params": "1"}, "b": {"params": "2"}}, ())
