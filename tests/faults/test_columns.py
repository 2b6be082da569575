"""Names of columns that there are not: told with their place in params.yaml, before anything is built where that is possible."""

from __future__ import annotations

import json

import pytest

from dsv.record import yaml12
from tests.conftest import Project
from tests.faults.conftest import Tell

HEAD = "dataset: reviews\nsources:\n  shop: {key: [id], license: MIT, batches: [b1]}\n"
VOTES = "  votes: {kind: annotations, license: MIT, of: shop, item: id, annotator: who, value: label, batches: [v1]}\n"
NEW = "def longer(records):\n    return records.with_columns(size=1)\n"


@pytest.fixture
def raw(project: Project) -> Project:
    """A project of which nothing is built: three records with `id` and `x`, and three votes about them."""
    shop, votes = project.write("a.csv", "id,x\n1,a\n2,b\n3,c\n"), project.write("v.csv", "id,who,label\n1,a,y\n2,b,n\n3,b,n\n")
    project.dsv("add", str(shop), "--source", "shop", "--batch", "b1", "--license", "MIT")
    told = ("--item", "id", "--of", "shop", "--annotator", "who", "--value", "label")
    project.dsv("add", str(votes), "--source", "votes", "--batch", "v1", "--license", "MIT", *told)
    return project


def _edit(project: Project, text: str) -> None:
    (project.root / "params.yaml").write_text(text, encoding="utf-8")


def _is_built(project: Project) -> bool:
    return (project.root / "data" / "records").exists()


RECORDS = "a column that no record has; there are id, x"
WRONG = {
    "clean: {rules: [{missing: [x]}, {range: {column: y, min: 0}}]}": f'clean.rules[1].range.column: found "y", {RECORDS}.',
    "clean: {rules: [{filter: 'x = y'}]}": f'clean.rules[0].filter.where: found "y", {RECORDS}.',
    "clean: {rules: [{duplicate: {except: [z]}}]}": f'clean.rules[0].duplicate.except[0]: found "z", {RECORDS}.',
    "clean: {rules: [{unit: {column: x, unit_column: u, to: m, table: {cm: 0.01}}}]}": f'clean.rules[0].unit.unit_column: found "u", {RECORDS}.',
    "clean: {rules: [{boxes: {column: x, height: x}}]}": f'clean.rules[0].boxes.width: found "width", {RECORDS}.',
    "texts: {use: clean, rules: [{missing: [idd]}]}": (
        'texts.rules[0].missing.columns[0]: found "idd", a column that no record has; did you mean id? There are id, x.'
    ),
    "split: {group: [id, g]}": f'split.group[1]: found "g", {RECORDS}.',
    "split: {stratify: [label]}\nmerge: {}": f'split.stratify[0]: found "label", {RECORDS}.',
    "audit: {groups: [lang]}": f'audit.groups[0]: found "lang", {RECORDS}.',
    "merge: {into: mark}\naudit: {label: marc}": 'audit.label: found "marc", a column that no record has; did you mean mark? There are id, mark, x.',
}


@pytest.mark.parametrize("sections", WRONG)
def test_a_column_that_there_is_not_is_refused_before_anything_is_built(raw: Project, tell: Tell, sections: str) -> None:
    _edit(raw, f"{HEAD}{VOTES}{sections}\n")
    line = 5 if not WRONG[sections].startswith("audit.label") else 6
    assert tell(raw, "run") == (10, "", f"error: params.yaml: line {line}: {WRONG[sections]}\nhint: edit params.yaml\n")
    assert not _is_built(raw)


@pytest.mark.parametrize(("key", "name", "near"), [("item", "idd", "id"), ("annotator", "whom", "who"), ("value", "lable", "label")])
@pytest.mark.parametrize("keyed", [False, True])
def test_a_column_that_annotations_lack_is_refused_before_anything_is_built(
    raw: Project, tell: Tell, key: str, name: str, near: str, keyed: bool
) -> None:
    votes = VOTES.replace(f"{key}: {near}", f"{key}: {name}").replace("of: shop", "of: shop, key: [id, who]" if keyed else "of: shop")
    _edit(raw, f"{HEAD}{votes}merge: {{}}\n")
    assert tell(raw, "run") == (10, "", (
        f'error: params.yaml: line 4: sources.votes.{key}: found "{name}", a column that no delivery of votes has; did you mean {near}?'
        " There are id, label, who.\nhint: edit params.yaml\n"
    ))  # fmt: skip
    assert not _is_built(raw)


RIGHT = {
    "a column that is not declared": "clean: {rules: [{missing: [x]}]}",
    "ids and the split": "split: {group: [_id]}\naudit: {groups: [split]}",
    "what a merge brings": "merge: {into: mark}\nsplit: {stratify: [mark]}\naudit: {label: mark}",
    "what a function brings": "mine: {use: python, function: 'mine:longer'}\nsplit: {group: [size]}\naudit: {groups: [size]}",
    "the label that is taken for granted": "audit: {label: label}",
    "annotations that nobody merges": "other: {use: clean}",
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_works_is_not_refused(raw: Project, tell: Tell, case: str) -> None:
    (raw.root / "mine.py").write_text(NEW, encoding="utf-8")
    votes = VOTES if case != "annotations that nobody merges" else VOTES.replace("value: label", "value: nothing")
    _edit(raw, f"{HEAD}{votes}{RIGHT[case]}\n")
    assert tell(raw, "run", "-q") == (0, "", "")


def test_a_column_has_the_name_that_it_is_given(raw: Project, tell: Tell) -> None:
    head = HEAD.replace("license", "rename: {x: text}, license")
    _edit(raw, f"{head}clean: {{rules: [{{missing: [x]}}]}}\n")
    assert 'clean.rules[0].missing.columns[0]: found "x", a column that no record has; there are id, text.' in tell(raw, "run").err
    _edit(raw, f"{head}clean: {{rules: [{{missing: [text]}}]}}\n")
    assert tell(raw, "run", "-q").code == 0


def test_a_column_that_a_later_delivery_brings_is_known(raw: Project, tell: Tell) -> None:
    raw.dsv("add", str(raw.write("b.csv", "id,x,lang\n4,d,en\n")), "--source", "shop", "--batch", "b2")
    _edit(raw, f"{HEAD.replace('[b1]', '[b1, b2]')}clean: {{rules: [{{missing: [lang]}}]}}\n")
    assert tell(raw, "run", "-q") == (0, "", "")


def test_a_stage_that_is_not_asked_for_may_name_what_it_likes(raw: Project, tell: Tell) -> None:
    _edit(raw, f"{HEAD}clean: {{}}\naudit: {{groups: [nope]}}\n")
    assert tell(raw, "run", "-q", "clean") == (0, "", "")
    assert tell(raw, "run", "-q", "audit").code == 10


def test_a_file_with_a_header_alone_has_no_record_without_a_key(raw: Project, tell: Tell) -> None:
    raw.dsv("add", str(raw.write("none.csv", "No record was found\n")), "--source", "other", "--key", "id", "--license", "MIT")
    assert tell(raw, "run", "-q") == (0, "", "")


def _objects(project: Project, *rows: dict[str, object]) -> None:
    path = project.write("o.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    project.dsv("add", str(path), "--source", "objects", "--batch", "o1", "--license", "MIT")


def test_what_only_the_rows_tell_is_told_after_they_are_read(raw: Project, tell: Tell) -> None:
    _objects(raw, {"id": 1}, {"id": 2, "lang": "en"})
    head = f"{HEAD}  objects: {{license: MIT, key: [id], batches: [o1]}}\n"
    told = 'clean.rules[0].missing.columns[0]: found "lnag", a column that no record has; did you mean lang? There are id, lang, x.'
    for built in (False, True):
        assert _is_built(raw) == built
        _edit(raw, f"{head}clean: {{rules: [{{missing: [lnag]}}]}}\n")
        assert tell(raw, "run") == (10, "", f"error: params.yaml: line 5: {told}\nhint: edit params.yaml\n")


def test_what_the_last_run_read_is_known_before_the_next(raw: Project, tell: Tell) -> None:
    _objects(raw, {"id": 1, "lang": "en"})
    text = f"{HEAD}  objects: {{license: MIT, batches: [o1]}}\n"
    _edit(raw, text)
    assert tell(raw, "run", "-q").code == 0
    # Another delivery is to be read; what the first one brings is known all the same.
    raw.dsv("add", str(raw.write("b.csv", "id,x\n4,d\n")), "--source", "shop", "--batch", "b2")
    _edit(raw, f"{text.replace('[b1]', '[b1, b2]')}clean: {{rules: [{{missing: [lnag]}}]}}\n")
    assert 'found "lnag"' in tell(raw, "run").err
    assert not (raw.root / "data" / "records" / "shop" / "b2").exists()


def test_a_delivery_that_a_stage_of_ones_own_writes_may_bring_another_column(raw: Project, tell: Tell) -> None:
    (raw.root / "data" / "raw" / "shop" / "b1.dvc").unlink()
    write = "mkdir -p data/raw/shop/b1 && printf 'id,lang\\n1,en\\n' > data/raw/shop/b1/a.csv"
    (raw.root / "dvc.yaml").write_text(json.dumps({"stages": {"deliver": {"cmd": write, "outs": ["data/raw/shop/b1"]}}}), encoding="utf-8")
    _edit(raw, f"{HEAD}clean: {{rules: [{{missing: [lang]}}]}}\n")
    assert tell(raw, "run", "-q").code == 0


def test_a_key_that_the_rows_lack_is_told_where_it_stands(raw: Project, tell: Tell) -> None:
    _objects(raw, {"id": 1})
    raw.dsv("add", str(raw.write("p.jsonl", '{"idd": 2}\n')), "--source", "objects", "--batch", "o2")
    _edit(raw, f"{HEAD}  objects:\n    license: MIT\n    batches:\n    - o1\n    - {{name: o2, key: [id]}}\n")
    assert tell(raw, "run").err == (
        'error: params.yaml: line 8: sources.objects.batches[1].key[0]: found "id", a column that the delivery does not have;'
        " did you mean idd? There is idd.\nhint: edit params.yaml\n"
    )


def test_a_delivery_without_the_key_of_the_others_is_told_when_it_is_read(raw: Project, tell: Tell) -> None:
    raw.dsv("add", str(raw.write("b.csv", "uid,x\n4,d\n")), "--source", "shop", "--batch", "b2")
    _edit(raw, HEAD.replace("[b1]", "[b1, b2]"))
    told = 'params.yaml: line 3: sources.shop.key[0]: found "id", a column that the delivery does not have; did you mean uid? There are uid, x.'
    assert tell(raw, "run").err == f"error: {told}\nhint: edit params.yaml\n"


def test_an_annotation_that_lacks_its_value_is_none(raw: Project, tell: Tell) -> None:
    path = raw.write("w.jsonl", '{"id": 1, "who": "c", "label": "y"}\n{"id": 2, "who": "c"}\n')
    raw.dsv("add", str(path), "--source", "votes", "--batch", "v2")
    _edit(raw, f"{HEAD}{VOTES.replace('[v1]', '[v1, v2]')}merge: {{}}\n")
    assert tell(raw, "run", "-q") == (0, "", "")


def test_a_damaged_manifest_in_the_cache_tells_nothing(raw: Project, tell: Tell) -> None:
    assert tell(raw, "run", "-q").code == 0
    (entry,) = (one for one in yaml12.load((raw.root / "dvc.lock").read_bytes())["stages"]["ingest"]["outs"] if one["path"] == "data/ingest")
    listing = raw.root / ".dvc" / "cache" / "files" / "md5" / entry["md5"][:2] / entry["md5"][2:]
    (oid,) = (one["md5"] for one in json.loads(listing.read_bytes()) if one["relpath"] == "manifest.json")
    kept = raw.root / ".dvc" / "cache" / "files" / "md5" / oid[:2] / oid[2:]
    kept.chmod(0o644)
    kept.write_text("no JSON", encoding="utf-8")
    assert tell(raw, "run", "-q").code == 0


def test_plan_refuses_it_too(raw: Project, tell: Tell) -> None:
    _edit(raw, f"{HEAD}clean: {{}}\n")
    assert tell(raw, "run", "-q").code == 0
    assert tell(raw, "plan", "--set", "sources.shop.rename.x=text", "--set", "audit.groups=[x]") == (10, "", (
        'error: params.yaml with --set: audit.groups[0]: found "x", a column that no record has; there are id, text.\n'
    ))  # fmt: skip
