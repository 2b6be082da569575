"""The library functions as the contract has them, called as people call them."""

from __future__ import annotations

import importlib
import inspect

import pytest

import dsv
from dsv import errors
from tests.conftest import Project


def split_by_hand(project: Project) -> Project:
    rows = "id,kind,split\n1,a,train\n2,b,test\n3,a,train\n"
    project.dsv("add", str(project.write("rows.csv", rows)), "--source", "shop", "--key", "id", "--license", "MIT")
    text = (project.root / "params.yaml").read_text()
    before, _, after = text.partition("split:\n")
    rest = after.partition("\n\n")[2]
    (project.root / "params.yaml").write_text(f"{before}audit: {{label: kind}}\n{rest}")
    project.dsv("run")
    project.dsv("commit", "-m", "one", "--tag", "v1.0.0")
    return project


def test_a_split_that_came_with_the_records_is_one(project: Project) -> None:
    root = split_by_hand(project).root
    assert len(dsv.load("v1.0.0", "train", None, root)) == 2
    project.dsv("export", "v1.0.0", "-o", "out", "--split", "train", "--format", "csv")
    assert [path.name for path in (root / "out").iterdir()] == ["reviews-train.csv"]


def test_a_split_that_nobody_knows_is_refused(project: Project) -> None:
    root = split_by_hand(project).root
    with pytest.raises(errors.UsageError, match=r"has no split 'tarin'; it has test, train\.$"):
        dsv.load(split="tarin", path=root)


def test_the_class_is_told_whatever_its_column_is_called(project: Project) -> None:
    assert dsv.why("shop/2", path=split_by_hand(project).root).label == "b"


def test_the_log_tells_the_step_between_named_versions(project: Project) -> None:
    root = split_by_hand(project).root
    for text, tag in (("4,b,test", "v1.1.0"), ("1,b,train", "auto")):
        project.dsv("add", str(project.write("more.csv", f"id,kind,split\n{text}\n")), "--source", "shop")
        project.dsv("run")
        project.dsv("commit", "-m", text, "--tag", tag)
    assert [(each.entry.version, each.bump) for each in dsv.log(path=root)] == [
        ("reviews@v2.0.0", "major"), ("reviews@v1.1.0", "minor"), ("reviews@v1.0.0", None),
    ]  # fmt: skip


def test_a_delivery_is_told_by_what_the_command_has_options_for(project: Project) -> None:
    rows, more = (project.write(f"{n}.csv", f"id,kind\n{n},a\n") for n in (1, 2))
    added = dsv.add(str(rows), "shop", "first", key="id", license="MIT", path=project.root)
    assert (added.batch, added.files, added.new_source) == ("first", 1, True)
    assert dsv.add([more], source="shop", path=project.root).batch == "0002"
    dsv.run(path=project.root)
    assert dsv.load(path=project.root).to_polars()["_id"].to_list() == ["shop/1", "shop/2"]
    with pytest.raises(TypeError, match="licence"):
        dsv.add(more, "other", licence="MIT", path=project.root)


def test_one_name_may_stand_where_several_may(project: Project) -> None:
    root = split_by_hand(project).root
    assert [stage.name for stage in dsv.run("audit", path=root)] == ["ingest", "clean", "audit"]
    assert dsv.verify("v1.0.0", path=root).corrupt == []
    assert dsv.load(columns="kind", path=root).schema.keys() == {"kind"}
    with pytest.raises(errors.UsageError, match="There is no stage 'split'"):
        dsv.run("split", path=root)


def test_the_library_tells_its_parameters() -> None:
    assert str(inspect.signature(dsv.why)) == "(id: 'str', rev: 'str' = '.', *, path: 'str | Path' = '.') -> 'Trace'"
    assert list(inspect.signature(dsv.add).parameters) == ["paths", "source", "batch", "path", "said"]
    assert "life of a record" in str(dsv.why.__doc__)
    assert {"add", "diff", "load", "why"} <= set(dir(dsv))


def test_what_pandas_needs_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dsv.load(path=split_by_hand(project).root)
    # As where it is not installed.
    monkeypatch.setattr(type(found.frame), "to_pandas", lambda _: importlib.import_module("nopandas"))
    with pytest.raises(errors.DsvError, match="which is not installed") as caught:
        found.to_pandas()
    assert caught.value.hint == "pip install pandas"


def test_what_is_no_name_of_a_split_is_told(project: Project) -> None:
    with pytest.raises(errors.UsageError, match="named by a text, not by"):
        dsv.load(split=["train"], path=split_by_hand(project).root)


def test_parameters_go_by_the_names_of_the_contract(project: Project) -> None:
    root = split_by_hand(project).root
    assert dsv.why(id="shop/2", rev="v1.0.0", path=root).id == "shop/2"
    assert dsv.export(rev="v1.0.0", output=str(root / "out"), format="jsonl", split="test", path=root).files == {"reviews-test.jsonl": 1}


def test_a_folder_may_be_a_text(project: Project) -> None:
    root = split_by_hand(project).root
    assert dsv.export("v1.0.0", str(root / "out"), "csv", path=root).files.keys() == {"reviews-test.csv", "reviews-train.csv"}
    assert dsv.checkout("v1.0.0", str(root.parent / "there"), path=root).folder == root.parent / "there"
    assert dsv.init(str(root)).made == []


@pytest.mark.parametrize("more", [("--snapshot",), ("--of", "elsewhere"), ("--item", "x")], ids=lambda more: more[0])
def test_a_flag_that_contradicts_a_known_source_is_refused(project: Project, more: tuple[str, ...]) -> None:
    split_by_hand(project)
    told = project.dsv("add", str(project.write("more.csv", "id,kind,split\n9,b,test\n")), "--source", "shop", *more, code=2).err
    assert f"error: {more[0]}" in told
    assert "contradicts params.yaml: sources.shop." in told


def test_a_limit_that_is_said_counts_in_every_form(project: Project) -> None:
    split_by_hand(project)
    rows = "id,kind,split\n" + "".join(f"{i},a,train\n" for i in range(10, 50))
    project.dsv("add", str(project.write("more.csv", rows)), "--source", "shop")
    project.dsv("run")
    lines = [len(project.dsv("diff", "--records", "--format", "jsonl", *limit).out.splitlines()) for limit in ((), ("--limit", "20"))]
    assert lines == [40, 20]


def test_a_delivery_that_is_refused_is_not_in_the_way_of_the_next(project: Project) -> None:
    path = str(project.write("rows.csv", "id,x\n1,2\n"))
    told = ("--source", "shop", "--key", "id", "--license", "MIT")
    project.dsv("add", path, *told, "--format", "nope", code=10)
    assert not (project.root / "data" / "raw" / "shop" / "0001").exists()
    project.dsv("add", path, *told)
    project.dsv("run")


def test_records_without_a_column_are_counted(project: Project) -> None:
    root = split_by_hand(project).root
    assert [len(dsv.load("v1.0.0", split, [], root)) for split in (None, "train", "test")] == [3, 2, 1]


def test_a_column_of_dropped_records_alone_is_none(project: Project) -> None:
    project.dsv("add", str(project.write("rows.csv", "id,x,y\n1,a,\n2,,only here\n")), "--source", "shop", "--key", "id", "--license", "MIT")
    project.params(clean={"rules": [{"missing": {"columns": ["x"]}}]})
    project.dsv("run")
    loaded = dsv.load(path=project.root)
    assert loaded.to_polars().columns == ["_id", "id", "x"]
    assert {*loaded.schema} - {"_id"} == {*dsv.show(".", path=project.root)["columns"]}


def test_why_tells_the_copy_that_is_there(project: Project) -> None:
    for batch, x in (("b1", "a"), ("b2", "b"), ("b3", "a")):
        known = [] if batch != "b1" else ["--key", "id", "--license", "MIT"]
        project.dsv("add", str(project.write(f"{batch}.csv", f"id,x\n1,{x}\n")), "--source", "shop", "--batch", batch, *known)
    project.dsv("run")
    found = dsv.why("shop/1", path=project.root)
    assert (found.state, found.batch, found.values["x"]) == ("kept", "b1", "a")
    assert [(copy.state, copy.batch) for copy in found.earlier] == [("replaced", "b2")]


def test_an_annotation_that_came_back_is_told_by_the_delivery_that_brought_it(project: Project) -> None:
    project.dsv("add", str(project.write("a.csv", "id,x\n1,a\n2,b\n")), "--source", "shop", "--key", "id", "--license", "MIT")
    told = ["--item", "id", "--of", "shop", "--annotator", "who", "--value", "label", "--license", "MIT"]
    for batch, label in (("r1", "ham"), ("r2", "spam"), ("r3", "ham")):
        if batch == "r3":
            project.params(merge={"min_votes": 1})
            project.dsv("run")
            project.dsv("commit", "-m", "two rounds", "--tag", "v1.0.0")
        rows = project.write(f"{batch}.csv", f"id,who,label\n1,ann,{label}\n2,ann,ham\n")
        project.dsv("add", str(rows), "--source", "votes", "--batch", batch, *(told if batch == "r1" else []))
    project.dsv("run")
    ((cause, counts),) = dsv.diff("v1.0.0", ".", path=project.root).causes
    assert (cause.kind, cause.what, cause.now, counts["modified"]) == ("annotation", "ann", "votes/r3", 1)
