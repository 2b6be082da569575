"""The first version that fails, and the one of its causes after which it does."""

from __future__ import annotations

import shlex
import sys
from math import ceil, log2
from pathlib import Path

import pytest

import dsv
from dsv import errors
from dsv.ops import parts
from dsv.ops.bisect import Bisected
from dsv.ops.build import build
from dsv.ops.plan import HERE
from dsv.ops.probe import Check, Metric, figure
from dsv.ops.scratch import Scratch
from dsv.project.layout import Layout
from dsv.project.version import find
from tests.conftest import Project
from tests.faults.conftest import Tell
from tests.plan.test_plan import tree


def bisect(project: Project, probe: Check | Metric, a: str = "v1.0.0", b: str = "HEAD") -> Bisected:
    return dsv.bisect(a, b, probe, path=project.root)


def python(code: str) -> Check:
    """A check that fails where the code raises."""
    return Check([sys.executable, "-c", code], Path.cwd())


METRICS = [
    (Metric("records", below=19), "reviews@v2.0.0", ("param", "clean.rules[1].range.min")),
    (Metric("dropped.clean.range"), "reviews@v2.0.0", ("param", "clean.rules[1].range.min")),
    (Metric("clean.in", above=29), "reviews@v2.0.0", ("batch", "shop/b3")),
    (Metric("sources.shop.b4"), "reviews@v2.1.0", ("batch", "shop/b4")),
]


@pytest.mark.parametrize(("metric", "version", "cause"), METRICS, ids=lambda value: getattr(value, "name", None))
def test_a_figure_turns_bad_with_a_version_and_a_cause(
    told: Project, metric: Metric, version: str, cause: tuple[str, str]
) -> None:
    found = bisect(told, metric)
    assert found.bad.version == version
    assert found.cause is not None
    assert (found.cause.kind, found.cause.what) == cause


def test_a_share_is_a_part_of_all_records(told: Project) -> None:
    shown = dsv.show("v1.0.0", path=told.root)
    assert figure(shown, "splits.test.share") == shown["splits"]["test"] / shown["records"]


CHECKS = [
    ("assert 'b3' not in open('params.yaml').read()", ("batch", "shop/b3")),
    pytest.param("import dsv; assert 0.5 in dsv.load('.', columns=['price']).to_polars()['price']", ("param", "clean.rules[1].range.min"), marks=pytest.mark.long),
    pytest.param("import dsv; f = dsv.load('.').to_polars(); assert (f['twice'] == 2 * f['price']).all()", ("code", "mine.py"), marks=pytest.mark.long),
]  # fmt: skip


@pytest.mark.parametrize(("code", "cause"), CHECKS, ids=["batch", "param", "code"])
def test_a_command_finds_the_one_of_four_causes_that_came_at_once(
    told: Project, code: str, cause: tuple[str, str]
) -> None:
    found = bisect(told, python(code))
    assert (found.bad.version, found.bad.author, found.good.version) == ("reviews@v2.0.0", "Bob", "reviews@v1.1.0")
    assert found.cause is not None
    assert (found.cause.kind, found.cause.what) == cause
    assert found.alone


def test_two_causes_that_fail_only_together_are_told_as_such(told: Project) -> None:
    found = bisect(told, python("text = open('params.yaml').read(); assert 'b3' not in text or 'salt: v2' not in text and '\"v2\"' not in text"))  # fmt: skip
    assert found.cause is not None
    assert (found.cause.what, found.alone) == ("split.salt", False)
    assert found.note == "Only together with the causes before it."


def test_causes_that_cannot_be_judged_apart_are_all_told(told: Project) -> None:
    code = "import sys, os; text = open('params.yaml').read(); sys.exit('\"v2\"' in text or 'salt: v2' in text) if os.environ['DSV_REV'] else sys.exit(125)"
    found = bisect(told, python(code))
    assert found.cause is None
    assert {c.what for c in found.suspects} == {"shop/b3", "clean.rules[1].range.min", "split.salt", "mine.py"}
    assert found.note is not None
    assert "cannot be told apart" in found.note


def test_versions_that_cannot_be_judged_leave_candidates(told: Project) -> None:
    code = "import sys; text = open('params.yaml').read(); sys.exit(1 if 'b4' in text else 125 if 'b2' in text else 0)"
    found = bisect(told, python(code))
    assert [place.version for place in found.candidates] == [f"reviews@v{v}" for v in ("1.1.0", "2.0.0", "2.1.0")]
    assert found.suspects == ()


def test_versions_are_looked_at_in_log_steps(told: Project) -> None:
    found = bisect(told, Metric("records", below=19))
    looked = [step for step in found.steps if step.parts is None]
    assert found.versions == 3
    assert len(looked) <= 2 + ceil(log2(found.versions))
    assert len(found.steps) - len(looked) <= ceil(log2(4)) + 1


@pytest.mark.parametrize("count", [0, 2, 4])
def test_the_parts_of_a_step_lead_from_one_version_to_the_next(told: Project, count: int) -> None:
    layout = Layout(told.root)
    old, new = find(layout, "v1.1.0"), find(layout, "v2.0.0")
    step = parts.between(old, new)
    built = build(old, step.wanted(lambda i: i < count), Scratch(layout, "bisect"), HERE)
    report = built.report("audit")
    assert len(step.parts) == 4
    assert [report == end.report("audit") for end in (old, new)] == [count == 0, count == 4]


def test_what_was_built_is_a_workspace_to_a_check(told: Project) -> None:
    layout = Layout(told.root)
    old, new = find(layout, "v1.1.0"), find(layout, "v2.0.0")
    built = build(old, parts.between(old, new).wanted(lambda i: True), Scratch(layout, "bisect"), HERE)
    assert Check(["true"], Path.cwd()).look(built).verdict == "good"
    here, there = (
        dsv.load(rev, path=root).to_polars() for rev, root in ((".", built.layout.root), ("v2.0.0", told.root))
    )
    assert here.equals(there)
    assert here.height == 18


def test_a_bisection_leaves_every_file_as_it_was(told: Project) -> None:
    before = tree(told.root)
    bisect(told, python("assert 'b3' not in open('params.yaml').read()"))
    assert tree(told.root) == before
    assert list((told.root / ".dsv" / "tmp").glob("bisect-*")) == []


def test_a_script_beside_the_caller_is_run_in_every_version(told: Project, tell: Tell) -> None:
    (told.root.parent / "check.py").write_text("assert 'b3' not in open('params.yaml').read()\n")
    line = f"{shlex.quote(sys.executable)} ../check.py"
    out = tell(told, "bisect", "v1.0.0", "--check", line).out
    sha = told.git("rev-parse", "reviews@v2.0.0^{}").strip()[:10]
    assert out.splitlines()[0].startswith(f"reviews@v2.0.0 is the first bad version (commit {sha}, Bob, 20")
    assert out.splitlines()[2] == "cause  batch  shop/b3 added"


def test_a_bisection_as_json_names_version_cause_and_steps(told: Project, tell: Tell) -> None:
    args = ("v1.0.0", "v1.1.0", "--metric", "records", "--above", "22")
    found = tell(told, "bisect", *args, "--format", "json").json()["dsv.bisect/v1"]
    assert found["bad"]["version"] == "reviews@v1.1.0"
    named = {name: found["cause"][name] for name in ("kind", "stage", "what", "from", "to")}
    assert named == {"kind": "batch", "stage": "ingest", "what": "shop/b2", "from": None, "to": "added"}
    assert [step["value"] for step in found["steps"]] == [20.0, 25.0]


REFUSED = [
    (["v1.0.0", "HEAD"], 2, "wants --check CMD or --metric NAME"),
    (["v1.0.0", "HEAD", "--metric", "recrods"], 2, "did you mean records?"),
    (["v1.0.0", "HEAD", "--metric", "records", "--above", "100"], 10, "The check passes at reviews@v2.1.0"),
    (["v1.0.0", "HEAD", "--metric", "records", "--above", "1"], 10, "The check fails at reviews@v1.0.0 (20.0)"),
    (["HEAD", "v1.0.0", "--metric", "records"], 2, "HEAD does not lead to v1.0.0."),
    (["v1.0.0", ".", "--metric", "records"], 2, "bisect takes committed versions"),
    (["v1.0.0", "HEAD", "--check", "no-such-command"], 2, "cannot be run: No such file or directory: no-such-command"),
    (["v1.0.0", "HEAD", "--check", "sh -c 'exit 127'"], 10, "The check ended with 127"),
    (["v1.0.0", "HEAD", "--check", "'"], 2, "No closing quotation"),
]


@pytest.mark.parametrize(("args", "code", "message"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_what_cannot_be_bisected_is_told(told: Project, tell: Tell, args: list[str], code: int, message: str) -> None:
    done = tell(told, "bisect", *args)
    assert done.code == code
    assert message in done.err


def test_the_same_data_set_twice_has_no_turn(told: Project) -> None:
    with pytest.raises(errors.UsageError, match="are the same data set"):
        bisect(told, Metric("records"), "HEAD", "HEAD")
