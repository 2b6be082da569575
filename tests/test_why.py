"""The life of a record: in one version, and over all of them."""

from __future__ import annotations

import shutil

import pytest

import dsv
from tests.conftest import Project, Shelf

JANUARY = "id,text,price\n1,good,3.0\n2,bad,4.5\n3,good,5.0\n4,,6.0\n5,fine,7.0\n6,ok,8.5\n"
FEBRUARY = "id,text,price\n2,better,4.5\n7,new,1.0\n8,odd,x\n"
MARCH = "id,text,price\n1,other,3.0\n"
RULES = [{"missing": {"columns": ["text"]}}, {"duplicate": {"columns": ["text"]}}]


def _story(project: Project) -> None:
    delivery = ("--source", "shop", "--key", "id", "--license", "CC-BY-4.0")
    project.dsv("add", str(project.write("jan.csv", JANUARY)), "--batch", "january", *delivery)
    project.params(clean={"rules": RULES})
    project.dsv("run")
    project.dsv("commit", "-m", "first", "--tag", "v1.0.0")
    project.dsv("add", str(project.write("feb.csv", FEBRUARY)), "--source", "shop", "--batch", "february")
    project.dsv("run")
    project.dsv("commit", "-m", "second", "--tag", "v2.0.0")
    project.params(clean={"rules": [*RULES, {"range": {"column": "price", "max": 6.5}}]})
    project.dsv("run")
    project.dsv("commit", "-m", "third", "--tag", "v3.0.0")
    project.dsv("add", str(project.write("mar.csv", MARCH)), "--source", "shop", "--batch", "march")
    project.dsv("run")
    project.dsv("commit", "-m", "fourth", "--tag", "v4.0.0")


@pytest.fixture
def story(shelf: Shelf, project: Project) -> Project:
    return shelf.take("why", _story, lambda: project)


def moments(story: Project, record: str) -> list[tuple[str | None, str, str, str]]:
    """Version, what happened, what became of it, kind of the cause."""
    found = dsv.why_history(record, path=story.root)
    return [((m.entry.version or "").rpartition("@")[2], m.what, m.state, m.cause.kind) for m in found]


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ("shop/1", [("v1.0.0", "came", "kept", "batch"), ("v4.0.0", "changed", "kept", "content")]),
        ("shop/2", [("v1.0.0", "came", "kept", "batch"), ("v2.0.0", "changed", "kept", "content")]),
        ("shop/3", [("v1.0.0", "came", "dropped by clean.duplicate", "batch"), ("v4.0.0", "came", "kept", "partner")]),
        ("shop/6", [("v1.0.0", "came", "kept", "batch"), ("v3.0.0", "went", "dropped by clean.range", "param")]),
        ("shop/7", [("v2.0.0", "came", "kept", "batch")]),
    ],
)  # fmt: skip
def test_a_history_tells_which_version_did_what(story: Project, record: str, told: list[tuple[str, ...]]) -> None:
    assert moments(story, record) == told


def test_a_history_names_commit_author_values_and_partner(story: Project) -> None:
    lines = story.dsv("why", "shop/2", "--history").out.splitlines()
    assert lines[0] == "shop/2"
    assert lines[3].startswith("reviews@v2.0.0")
    assert lines[3].endswith("Ada: second")
    assert lines[4:] == ["    changed    content shop/february", "        text: bad → better"]
    third = story.dsv("why", "shop/3", "--history").out.splitlines()
    assert third[-1] == "    came    partner duplicate ← content shop/march (of shop/1)"


def test_a_history_reads_no_further_than_the_version_that_is_asked(story: Project) -> None:
    told = story.dsv("why", "shop/1", "v2.0.0", "--history", "--format", "json").json()["dsv.why_history/v1"]
    assert [moment["version"] for moment in told["moments"]] == ["reviews@v1.0.0"]


def test_a_row_in_quarantine_is_found_by_its_key(story: Project) -> None:
    told = story.dsv("why", "shop/8").out.splitlines()
    assert told[0] == "shop/8  quarantined"
    assert "feb.csv row 3" in told[1]
    assert "price" in told[2]
    assert "float" in told[2]


def test_a_replaced_record_is_told_beside_the_one_that_replaced_it(story: Project) -> None:
    found = dsv.why("shop/1", path=story.root)
    assert [trace.state for trace in (*found.earlier, found)] == ["replaced", "kept"]


def test_records_are_found_by_an_expression_whether_kept_or_not(story: Project) -> None:
    assert story.dsv("why", "--find", "price > 4 AND text IS NOT NULL").out.split() == [
        "shop/3", "kept", "shop/5", "dropped", "shop/6", "dropped", "shop/2", "kept",
    ]  # fmt: skip
    found = story.dsv("why", "--find", "id = 'shop/7'", "--format", "json").json()["dsv.found/v1"]
    assert found == [{"id": "shop/7", "state": "kept"}]


def test_what_is_no_expression_is_refused(story: Project) -> None:
    told = story.dsv("why", "--find", "prize > 4", code=2).err
    assert "prize" in told


def test_an_unknown_source_or_id_names_near_ones(story: Project) -> None:
    assert "dsv why shop/" in story.dsv("why", "shap/1", code=10).err
    assert "near ids: shop/1" in story.dsv("why", "shop/10", code=10).err


def test_a_media_file_is_named_by_its_path(story: Project) -> None:
    folder = story.root.parent / "pictures"
    folder.mkdir()
    (folder / "a b.txt").write_text("hello")
    story.dsv("add", str(folder), "--source", "pictures", "--kind", "media", "--batch", "one", "--license", "MIT")
    story.params(clean={"rules": []})
    story.dsv("run")
    assert story.dsv("why", "data/raw/pictures/one/a b.txt").out.splitlines()[0] == "pictures/a b.txt  kept"


def test_a_diff_over_several_versions_names_the_commit_of_each_change(story: Project) -> None:
    told = story.dsv("diff", "v1.0.0", "v4.0.0", "--by", "commit", "--format", "json").json()["dsv.diff/v1"]["commits"]
    found = [(c["message"], c["added"], c["removed"], c["modified"]) for c in told]
    assert found == [("second", 1, 0, 1), ("third", 0, 2, 0), ("fourth", 1, 0, 1)]
    lines = story.dsv("diff", "v1.0.0", "v4.0.0", "--by", "commit").out.splitlines()
    assert lines[-3].split()[0] == "reviews@v2.0.0"
    assert lines[-1].endswith("+1, ~1")


def test_what_is_undone_and_what_is_not_committed_is_told_as_such(story: Project) -> None:
    story.git("checkout", "-q", "-b", "other", "reviews@v2.0.0")
    shutil.rmtree(story.root / "data" / "raw" / "shop" / "march")
    story.dsv("checkout", "HEAD")
    story.params(clean={"rules": RULES[:1]})
    story.dsv("run")
    told = story.dsv("diff", "v4.0.0", ".", "--by", "commit", "--format", "json").json()["dsv.diff/v1"]["commits"]
    assert [(c["message"], c["added"], c["removed"], c["modified"]) for c in told] == [("undone", 2, 0, 1), ("workspace", 0, 0, 0)]


def test_params_that_were_edited_and_not_run_explain_nothing(story: Project) -> None:
    story.params(clean={"rules": [*RULES, {"range": {"column": "price", "max": 2}}]})
    found = dsv.diff("v2.0.0", ".", path=story.root)
    assert [(c.kind, c.was, c.now["max"]) for c, _ in found.causes if c.kind == "param"] == [("param", None, 6.5)]


@pytest.fixture
def resplit(shelf: Shelf, story: Project) -> Project:
    return shelf.take("why-resplit", _resplit, lambda: story)


def _resplit(project: Project) -> None:
    for more in ({"split": {"fractions": {"train": 1.0}}}, {}):
        project.params(clean={"rules": RULES}, **more)
        project.dsv("run")
        project.dsv("commit", "-m", "again")


def test_a_history_follows_a_column_that_stages_set_and_set_no_more(resplit: Project) -> None:
    found = dsv.why_history("shop/7", path=resplit.root)
    assert [(m.old, m.new) for m in found[1:]] == [({"split": None}, {"split": "train"}), ({"split": "train"}, {"split": None})]
