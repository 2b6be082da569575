"""A plan says what a run would bring, and brings nothing."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dsv
from dsv import errors
from dsv.ops.delivery import Delivery
from tests.conftest import Project
from tests.faults.conftest import Tell
from tests.plan.conftest import CODE, ROWS, SECTIONS, table

RULES = SECTIONS["clean"]["rules"]


def tree(root: Path) -> dict[str, str]:
    """Digests of all files of a project but what is derived or temporary."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if not relative.startswith((".dsv/tmp/", ".dsv/cache/")):
                found[relative] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def stricter(project: Project) -> None:
    project.params(**SECTIONS | {"clean": {"rules": [RULES[0], {"range": {"column": "price", "min": 3}}]}})


def delivered(project: Project) -> None:
    dsv.add(Delivery([project.write("b2.csv", table(ROWS[30:]))], "shop", "b2"), path=project.root)


def edited(project: Project) -> None:
    (project.root / "mine.py").write_text(CODE.replace("* 2", "* 3"))


def without_merge(project: Project) -> None:
    project.params(**{name: section for name, section in SECTIONS.items() if name != "merge"} | {"audit": {}})


def another_split(project: Project) -> None:
    project.params(**SECTIONS | {"split": SECTIONS["split"] | {"salt": "v2"}})


def everything(project: Project) -> None:
    delivered(project)
    stricter(project)
    edited(project)


CHANGES = [everything, *(pytest.param(c, marks=pytest.mark.long) for c in (stricter, delivered, edited, without_merge, another_split))]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_plan_is_the_difference_that_a_run_makes(built: Project, change: Callable[[Project], None]) -> None:
    change(built)
    planned = dsv.plan(path=built.root)
    told, records = planned.diff.json(), list(planned.diff.records())
    dsv.run(path=built.root)
    made = dsv.diff("HEAD", ".", path=built.root)
    assert planned.diff
    assert records == list(made.records())
    assert without_names(told) == without_names(made.json())


def without_names(told: dict[str, Any]) -> dict[str, Any]:
    return told | {side: told[side] | {"rev": None} for side in ("from", "to")}


def test_a_plan_leaves_every_file_as_it_was(built: Project, tell: Tell) -> None:
    everything(built)
    before = tree(built.root)
    tell(built, "plan", "--set", "split.salt=v2")
    assert tree(built.root) == before
    assert list((built.root / ".dsv" / "tmp").glob("plan-*")) == []


def test_a_plan_counts_from_what_was_run_last_whatever_is_committed(built: Project) -> None:
    stricter(built)
    dsv.run(path=built.root)
    found = dsv.plan(["clean.rules[1].range.min=5"], path=built.root)
    assert [(name, was, now) for name, was, now in found.changes] == [("clean.rules[1].range.min", 3, 5)]
    assert {cause.was for cause, _ in found.diff.causes if cause.kind == "param"} == {3}


def test_a_plan_says_how_many_records_of_which_split_a_param_would_drop(built: Project, tell: Tell) -> None:
    first = tell(built, "plan", "--set", "clean.rules[1].range.min=3").out.splitlines()[0]
    data = dsv.load("v1.0.0", path=built.root).to_polars()
    lost = data.filter(data["price"] < 3)
    test, train = (lost.filter(lost["split"] == name).height for name in ("test", "train"))
    assert first.startswith(f"clean.rules[1].range.min 1 → 3 would drop {lost.height} records")
    assert first.endswith(f"{test} of them in test, {train} in train")


def test_the_effects_of_a_plan_add_up_to_its_difference(built: Project) -> None:
    everything(built)
    found = dsv.plan(path=built.root)
    for op in ("added", "removed", "modified", "moved"):
        assert sum(e.n for e in found.effects if e.op == op) == getattr(found.diff.counts, op)
    assert all(sum(e.splits.values()) == e.n for e in found.effects)


def test_a_plan_as_json_is_a_diff_with_params_and_stages(built: Project, tell: Tell) -> None:
    told = tell(built, "plan", "--set", "split.salt=v2", "--format", "json").json()["dsv.plan/v1"]
    assert told["changes"] == [{"name": "split.salt", "from": None, "to": "v2"}]
    assert told["stages"] == ["split", "audit"]
    assert told["records"]["moved"] == sum(effect["n"] for effect in told["effects"]) > 0


def test_params_of_another_file_are_planned_as_if_they_were_in_place(built: Project, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text((built.root / "params.yaml").read_text().replace('"min": 1', '"min": 3'))
    found = dsv.plan(params=other, path=built.root)
    assert found.diff.counts == dsv.plan(["clean.rules[1].range.min=3"], path=built.root).diff.counts
    assert found.diff.counts.removed > 0


def test_nothing_is_planned_where_params_are_as_they_were(built: Project, tell: Tell) -> None:
    assert tell(built, "plan", "--exit-code").out.startswith("Nothing is planned")


def test_a_param_without_effect_is_told_to_have_none(built: Project, tell: Tell) -> None:
    told = tell(built, "plan", "--set", "clean.rules[1].range.min=1.2", "--exit-code").out
    assert told.splitlines()[0] == "clean.rules[1].range.min 1 → 1.2 would change no record"


def test_a_plan_up_to_a_stage_compares_what_is_there_after_it(built: Project) -> None:
    found = dsv.plan(["clean.rules[1].range.min=3"], stages=["clean"], path=built.root)
    assert found.stages == ("clean",)
    assert found.diff.counts.removed == dsv.plan(["clean.rules[1].range.min=3"], path=built.root).diff.counts.removed


def test_the_records_of_a_plan_are_there_as_long_as_its_difference_is(built: Project) -> None:
    diff = dsv.plan(["clean.rules[1].range.min=3"], path=built.root).diff
    temporary = built.root / ".dsv" / "tmp"
    assert len(list(diff.records())) == diff.counts.removed
    assert len(list(temporary.glob("plan-*"))) == 1
    del diff
    assert list(temporary.glob("plan-*")) == []


def test_the_next_plan_removes_what_a_killed_one_left(built: Project) -> None:
    code = "import dsv, os, signal; found = dsv.plan(['split.salt=v2']); os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run([sys.executable, "-c", code], cwd=built.root, check=False)
    assert done.returncode == -signal.SIGKILL
    left = list((built.root / ".dsv" / "tmp").glob("plan-*"))
    assert len(left) == 1
    dsv.plan(path=built.root)
    assert not left[0].exists()


def test_a_plan_leaves_the_folder_of_one_that_is_at_work(built: Project) -> None:
    first = dsv.plan(["split.salt=v2"], path=built.root)
    dsv.plan(path=built.root)
    assert len(list(first.diff.records())) == first.diff.counts.moved > 0


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["--set", "clean.rulez=3"], 10, "did you mean rules?"),
        (["--set", "clean.rules[7]=3"], 2, "clean.rules has 2 items"),
        (["--set", "clean"], 2, "sets nothing"),
        (["--set", "clean.rules={"], 2, "not valid YAML"),
        (["--params", "nowhere.yaml"], 2, "nowhere.yaml is no file."),
        (["nonsense"], 2, "There is no stage 'nonsense'"),
    ],
)
def test_what_cannot_be_planned_is_told(built: Project, tell: Tell, args: list[str], code: int, told: str) -> None:
    done = tell(built, "plan", *args)
    assert done.code == code
    assert told in done.err


def test_a_project_that_was_never_run_has_nothing_to_plan_against(project: Project) -> None:
    with pytest.raises(errors.DsvError) as refused:
        dsv.plan(path=project.root)
    assert refused.value.hint == "dsv run"


def test_a_plan_needs_no_workspace_only_the_cache(built: Project) -> None:
    for name in ("records", "clean", "split", "raw/shop/b1"):
        subprocess.run(["rm", "-r", str(built.root / "data" / name)], check=True)
    assert dsv.plan(["clean.rules[1].range.min=3"], path=built.root).diff.counts.removed > 0
