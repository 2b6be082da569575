"""Names of versions by Croissant's rule, and the changelog that is written from them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import dsv
from dsv import errors
from dsv.ops.delivery import Delivery
from dsv.ops.semver import after
from tests.conftest import Project, Shelf
from tests.faults.conftest import Tell

ROWS = "id,text\n1,a\n2,b\n3,a\n"
DUPLICATES = {"clean": {"rules": [{"duplicate": {"columns": ["text"]}}]}}


def _first(project: Project) -> None:
    told = ("--source", "shop", "--batch", "one", "--key", "id", "--license", "MIT")
    project.dsv("add", str(project.write("one.csv", ROWS)), *told)
    project.params(clean={"rules": []})
    project.dsv("run")
    project.dsv("commit", "-m", "first")


@pytest.fixture
def first(shelf: Shelf, project: Project) -> Project:
    """A committed version without a name."""
    return shelf.take("semver", _first, lambda: project)


def deliver(project: Project, rows: str) -> None:
    batch = f"b{len(list((project.root / 'data' / 'raw' / 'shop').glob('*.dvc')))}"
    dsv.add(Delivery([project.write(f"{batch}.csv", rows)], "shop", batch), path=project.root)


def added(project: Project) -> None:
    deliver(project, "id,text\n4,d\n")


def edited(project: Project) -> None:
    deliver(project, "id,text\n2,bb\n")


def removed(project: Project) -> None:
    project.params(**DUPLICATES)


def widened(project: Project) -> None:
    deliver(project, "id,text,more\n4,d,x\n")


def stored_anew(project: Project) -> None:
    project.params(clean={"rules": []}, again={"use": "clean", "rules": []})


def commit(project: Project, tag: str) -> str | None:
    return dsv.commit("next", tag, path=project.root).version


def changed(project: Project, change: Callable[[Project], None], base: str) -> None:
    """A version named `base`, then a run of a change that is not committed yet."""
    commit(project, base)
    change(project)
    dsv.run(path=project.root)


Changed = Callable[[Callable[[Project], None]], Project]


@pytest.fixture
def once(shelf: Shelf, first: Project) -> Changed:
    """The project named v1.2.3, with a change that is run and not committed."""
    return lambda change: shelf.take(
        f"semver-{change.__name__}", lambda made: changed(made, change, "v1.2.3"), lambda: first
    )


STEPS = [
    (added, "v1.3.0"),
    (removed, "v2.0.0"),
    pytest.param(stored_anew, "v1.2.4", marks=pytest.mark.long),
    pytest.param(edited, "v2.0.0", marks=pytest.mark.long),
    pytest.param(widened, "v1.3.0", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("change", "version"), STEPS, ids=lambda value: getattr(value, "__name__", value))
def test_auto_is_the_smallest_legal_step(once: Changed, change: Callable[[Project], None], version: str) -> None:
    assert commit(once(change), "auto") == f"reviews@{version}"


SMALL = [
    (added, "v1.2.4", "v1.3.0", "1 record added (batch shop/b1)"),
    (removed, "v1.3.0", "v2.0.0", "1 record removed (param clean.duplicate)"),
    pytest.param(edited, "v1.2.9", "v2.0.0", "1 record modified (content shop/b1)", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("change", "given", "right", "why"), SMALL)
def test_too_small_a_step_is_refused_with_what_demands_more(
    once: Changed, tell: Tell, change: Callable[[Project], None], given: str, right: str, why: str
) -> None:
    told = tell(once(change), "commit", "-m", "next", "--tag", given)
    assert told.code == 10
    assert why in told.err
    assert told.err.endswith(f"hint: dsv commit -m MESSAGE --tag {right}\n")


@pytest.mark.parametrize("given", ["v2.0.0", "v3.1.4"])
def test_a_step_that_is_larger_than_demanded_is_taken(once: Changed, given: str) -> None:
    assert commit(once(removed), given) == f"reviews@{given}"


def test_a_refused_version_leaves_nothing_behind(once: Changed) -> None:
    project = once(removed)
    before = project.git("status", "--short")
    with pytest.raises(errors.DsvError):
        commit(project, "v1.2.4")
    assert (project.git("status", "--short"), project.git("tag")) == (before, "reviews@v1.2.3\n")


def test_a_version_before_the_last_one_is_refused(once: Changed) -> None:
    project = once(added)
    with pytest.raises(errors.DsvError, match=r"v1\.2\.2 does not come after reviews@v1\.2\.3"):
        commit(project, "v1.2.2")


def test_the_first_version_is_1_0_0(first: Project) -> None:
    assert commit(first, "auto") == "reviews@v1.0.0"


@pytest.mark.long
def test_below_1_0_0_anything_may_change(first: Project) -> None:
    changed(first, removed, "v0.1.0")
    assert commit(first, "v0.1.1") == "reviews@v0.1.1"


@pytest.mark.parametrize(
    ("numbers", "step", "version"),
    [((0, 2, 3), "major", "v0.3.0"), ((0, 2, 3), "minor", "v0.2.4"), ((1, 9, 9), "minor", "v1.10.0"), ((1, 9, 9), "major", "v2.0.0")],
)  # fmt: skip
def test_the_version_after(numbers: tuple[int, int, int], step: str, version: str) -> None:
    assert after(numbers, step) == version


@pytest.mark.long
def test_a_branch_goes_on_from_its_own_last_version(first: Project) -> None:
    commit(first, "v1.0.0")
    first.git("checkout", "-qb", "other")
    changed(first, removed, "v1.0.1")
    assert commit(first, "auto") == "reviews@v2.0.0"
    first.git("checkout", "-q", "-")
    dsv.run(path=first.root)
    added(first)
    dsv.run(path=first.root)
    assert commit(first, "auto") == "reviews@v1.1.0"


@pytest.fixture
def three(shelf: Shelf, once: Changed) -> Project:
    def build(made: Project) -> None:
        changed(made, removed, "auto")
        commit(made, "auto")

    return shelf.take("changelog", build, lambda: once(added))


def test_a_log_of_some_versions_tells_the_same_steps(three: Project) -> None:
    found = dsv.log(path=three.root)
    assert [entry.bump for entry in found] == ["major", "minor", None]
    assert [dsv.log(limit=n, path=three.root) for n in range(4)] == [found[:n] for n in range(4)]


def test_one_op_may_stand_where_several_may(three: Project) -> None:
    diff = dsv.diff("v1.2.3", "v1.3.0", path=three.root)
    assert [delta.op for delta in diff.records(op="added")] == ["added"]
    with pytest.raises(errors.UsageError, match="There is no op 'adde'; did you mean added"):
        diff.records(op="adde")


def test_a_changelog_tells_what_each_version_brought_newest_first(three: Project) -> None:
    found = dsv.changelog(path=three.root)
    assert [(c.release.version, c.before, c.records) for c in found] == [
        ("reviews@v2.0.0", "reviews@v1.3.0", (4, 3)),
        ("reviews@v1.3.0", "reviews@v1.2.3", (3, 4)),
        ("reviews@v1.2.3", None, (None, 3)),
    ]
    assert [(c["kind"], c["what"], c["removed"]) for c in found[0].difference["causes"]] == [
        ("param", "clean.duplicate", 1)
    ]


def test_a_changelog_as_markdown(three: Project, tell: Tell) -> None:
    lines = [line for line in tell(three, "changelog").out.splitlines() if line]
    assert [line.split(" (20")[0] for line in lines if line.startswith("#")] == ["# Changes of reviews", "## v2.0.0", "## v1.3.0", "## v1.2.3"]  # fmt: skip
    assert "4 → 3 records: 1 removed (major)" in lines
    assert '- param clean.duplicate added \\{"columns": \\["text"\\]\\}: -1' in lines
    assert "3 → 4 records: 1 added (minor)" in lines
    assert "- batch shop/b1 added: +1" in lines
    assert lines[-1] == "The first version: 3 records (shop/one 3)"


def test_a_changelog_is_written_once(three: Project, tell: Tell, tmp_path: Path) -> None:
    path = tmp_path / "CHANGELOG-DATA.md"
    assert tell(three, "changelog", "-o", str(path)).out == f"{path} has 3 versions\n"
    before = path.stat().st_ino
    assert tell(three, "changelog", "-o", str(path)).out == f"{path} had 3 versions\n"
    assert path.stat().st_ino == before


def test_a_changelog_that_was_written_needs_no_data(three: Project) -> None:
    found = dsv.changelog(path=three.root)
    shutil.rmtree(three.root / ".dvc" / "cache")
    assert dsv.changelog(path=three.root) == found


def test_a_changelog_without_data_tells_the_figures_and_how_to_get_the_causes(three: Project, tell: Tell) -> None:
    for folder in (".dvc/cache", ".dsv/cache"):
        shutil.rmtree(three.root / folder)
    told = tell(three, "changelog").out
    assert "4 → 3 records. Data are not at hand: `dsv pull reviews@v1.3.0 reviews@v2.0.0` tells the causes." in told
    assert not dsv.changelog(path=three.root)[0].known


def test_a_changelog_as_json_is_that_of_the_library(three: Project, tell: Tell) -> None:
    told = tell(three, "changelog", "--format", "json").json()["dsv.changelog/v1"]
    assert told == [change.json() for change in dsv.changelog(path=three.root)]


def test_a_data_set_without_a_named_version_has_an_empty_changelog(first: Project) -> None:
    assert dsv.changelog(path=first.root) == []
