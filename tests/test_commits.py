"""Random histories as real commits: every version rebuilds, and every diff is that of the records it speaks of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import dsv
from dsv import errors
from dsv.delta.model import OPS, RecordDelta
from dsv.ops.delivery import Delivery
from dsv.record import yaml12
from tests.conftest import Project
from tests.oracle import predict
from tests.runner.histories import BODIES, STEPS, Deliver, Plan, Section, Step
from tests.test_oracle import foreseen, loaded

START = [
    Deliver("shop", [{"id": i, "text": t, "price": p, "g": g} for i, t, p, g in zip("1234", "abca", (0.0, -1.0, 1.5, 2.0), "xyzx", strict=True)]),
    Deliver("votes", [{"id": i, "who": w, "label": v} for i, w, v in zip("11233", ("ada", "bob", "ada", "ada", "eve"), "ppqrr", strict=True)]),
    Section("clean", {"rules": [{"range": {"column": "price", "min": 0}}, {"duplicate": {"columns": ["text"]}}]}),
    Section("merge", {"from": ["votes"]}),
    Section("split", {"method": "sticky", "fractions": {"train": 0.5, "test": 0.5}}),
]  # fmt: skip
Records = dict[str, dict[str, Any]]


def committed(history: list[Step], project: Project) -> Iterator[tuple[str, Plan]]:
    """Plays the history with add, run and commit; the tags, each with what was planned. A step that is refused is undone."""
    plan = Plan()
    for step in [*START, *history]:
        try:
            next_plan = play(step, plan, project)
        except errors.DsvError:
            write(plan, project)
            continue
        if next_plan.params() != plan.params():
            plan, tag = next_plan, f"v0.0.{len(dsv.log(path=project.root)) + 1}"
            dsv.commit(str(step)[:60], tag, path=project.root)
            yield tag, plan


def play(step: Step, plan: Plan, project: Project) -> Plan:
    found = plan.after(step)
    if isinstance(step, Deliver):
        deliver(step.source, found, project)
    write(found, project)
    dsv.run(path=project.root)
    return found


def deliver(source: str, plan: Plan, project: Project) -> None:
    batch = plan.sources[source]["batches"][-1]
    if project.root.joinpath("data", "raw", source, batch).exists():
        return
    ((name, data),) = plan.files()[source, batch].items()
    path = project.write(f"{batch}/{name}", data.decode())
    body = BODIES[source]
    told = {k: body.get(k) for k in ("kind", "item", "annotator", "value", "of")}
    dsv.add(Delivery([path], source, batch, license="MIT", key=body.get("key", ()), **told), path=project.root)


def write(plan: Plan, project: Project) -> None:
    (project.root / "params.yaml").write_text(yaml12.dump(plan.params()))


def compared(a: Records, b: Records, diff: Any) -> dict[str, int]:
    """The counts of a diff, from the records. That a column came, went or has another type is a change of schema."""
    columns = [set().union(*records.values()) if records else set() for records in (a, b)]
    renamed = diff.schema.renamed
    found = dict.fromkeys([*OPS, "unchanged"], 0)
    common = {renamed.get(c, c) for c in columns[0]} & columns[1]
    for name in {*a, *b}:
        if name not in a or name not in b:
            found["added" if name not in a else "removed"] += 1
            continue
        was = {renamed.get(c, c): value for c, value in a[name].items()}
        changed = {c for c in common if text(was.get(c)) != text(b[name].get(c))}
        found["unchanged" if not changed else "moved" if changed == {"split"} else "modified"] += 1
    return found


def text(value: Any) -> str | None:
    return None if value is None else str(value)


def told(diff: Any) -> set[str]:
    return {shown(delta) for delta in diff.records()}


def shown(delta: RecordDelta) -> str:
    return repr((delta.id, delta.op, sorted((delta.old or {}).items()), sorted((delta.new or {}).items())))


def check(history: list[Step], project: Project) -> None:
    versions = dict(committed(history, project))
    root = project.root
    records = {}
    for tag, plan in versions.items():
        records[tag] = loaded(root, tag)
        assert records[tag] == predict(plan.params(), plan.deliveries), tag
        assert dsv.reproduce(tag, rebuild=True, path=root).equal, tag
    diffs = {(a, b): dsv.diff(a, b, path=root) for a, b in permutations(versions, 2)}
    for (a, b), diff in diffs.items():
        assert diff.counts._asdict() == compared(records[a], records[b], diff), (a, b)
        assert {op: sum(n[op] for _, n in diff.causes) for op in OPS} == {op: getattr(diff.counts, op) for op in OPS}
        assert "unexplained" not in {cause.kind for cause, _ in diff.causes}, (a, b, diff.causes)
        assert diffs[b, a].counts == diff.counts.inverse(), (a, b)
        assert told(diffs[b, a]) == {shown(delta.inverse()) for delta in diff.records()}, (a, b)


@pytest.mark.long
@given(st.lists(STEPS.filter(foreseen), min_size=6, max_size=6))
@settings(deadline=None, max_examples=3, derandomize=True, phases=[Phase.generate])
def test_every_version_rebuilds_and_every_diff_is_that_of_its_records(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step]
) -> None:
    folder = tmp_path_factory.mktemp("commits")
    project = Project(folder / "project")
    project.root.mkdir()
    project.dsv("init", "--name", "random")
    check(history, project)
    shutil.rmtree(folder)
