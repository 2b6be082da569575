"""Wrong params stop `dsv run` before anything is built: the path, what was found, what is allowed."""

from __future__ import annotations

import pytest

from dsv.ops.derive import derive
from dsv.project.layout import Layout
from tests.conftest import Project
from tests.faults.conftest import Tell

SOURCE = "dataset: reviews\nsources:\n  shop: {key: [id], license: MIT, columns: {id: int}, batches: [b1]}\n"
RULES = (
    "missing, range, pattern, allowed, type, filter, length, undecodable, boxes, text, date, unit, aliases, fill, round,"
    " duplicate"
)


def source(body: str) -> str:
    return f"dataset: reviews\nsources:\n  shop: {body}\n"


NO_FILE = {
    "dataset: reviews\n\tsources: {}\n": "params.yaml: not valid YAML in line 2, column 1: found a tab character that violates indentation",
    "dataset: reviews\ndataset: other\n": "params.yaml: not valid YAML in line 2, column 1: the key 'dataset' is here twice",
    "<<<<<<< HEAD\ndataset: a\n=======\ndataset: b\n>>>>>>> x\n": "params.yaml: a merge conflict in line 1\nhint: dsv resolve",
    "dataset: [\n": "params.yaml: not valid YAML in line 2, column 1: did not find expected node content",
    "hello\n": 'params.yaml: line 1: found "hello", a mapping with dataset and sources is wanted.',
    "": "params.yaml: found null, a mapping with dataset and sources is wanted.",
    "dataset: reviews\nsources: {}\n": "params.yaml names no source yet.\nhint: dsv add PATH --source NAME --license SPDX",
}  # fmt: skip
SOURCES = {
    source("{key: [id], batches: [b1]}"): (
        "params.yaml: line 3: sources.shop.license: the licence is missing; an SPDX expression such as CC-BY-4.0, or"
        " LicenseRef-NAME, is wanted."
    ),
    source("{license: Free, batches: [b1]}"): (
        'params.yaml: line 3: sources.shop.license: found "Free", an SPDX expression or LicenseRef-NAME is wanted; did you'
        " mean FreeImage?"
    ),
    source("{license: MIT, key: [nope], batches: [b1]}"): (
        'params.yaml: line 3: sources.shop.key[0]: found "nope", a column that no delivery of shop has; there are id, x.'
    ),
    source("{license: MIT, format: cvs, batches: [b1]}"): (
        'params.yaml: line 3: sources.shop.format: found "cvs", one of csv, tsv, json, jsonl, parquet, media, voc, coco, yolo'
        " is wanted; did you mean csv?"
    ),
    source("{license: MIT, key: [id], columns: {id: float}, batches: [b1]}"): (
        "params.yaml: line 3: sources.shop.key[0]: the column 'id' is float; keys are text, integers, booleans or dates."
    ),
    source("{kind: annotations, item: id, of: shop, annotator: w, value: x, license: MIT, batches: [b1]}"): (
        'params.yaml: line 3: sources.shop.of: found "shop", whose kind is annotations; a source of records or media is wanted.'
    ),
    source("{key: [id], license: MIT, batches: [b1]}\n  votes: {kind: annotations, item: id, license: MIT}"): (
        "params.yaml has 2 problems:\n"
        "  line 4: sources.votes.of: the key is missing; the source of the annotated records (shop) is wanted.\n"
        "  line 4: sources.votes.value: the key is missing; the column of the annotation is wanted."
    ),
}
STAGES = {
    "cleen: {rules: []}": (
        "params.yaml: line 4: cleen: unknown key and no stage; did you mean clean? Stages: clean, merge, split, audit, python;"
        " another name says use: STAGE."
    ),
    "clean: {rule: []}": "params.yaml: line 4: clean.rule: unknown key; did you mean rules? Known here: rules.",
    "clean: {rules: [{missing: {column: [x]}}]}": (
        "params.yaml: line 4: clean.rules[0].missing.column: unknown key; did you mean columns? Known here: id, sources, columns, when,"
        " blank."
    ),
    "clean: {rules: [{missing: {columns: [y]}}]}": (
        'params.yaml: line 4: clean.rules[0].missing.columns[0]: found "y", a column that no record has; there are id, x.'
    ),
    "clean: {rules: [{range: {column: id, min: five}}]}": (
        "params.yaml: line 4: clean.rules[0].range.min: found 'five', a number or a date such as '2026-01-31' is wanted."
    ),
    "clean: {rules: [{range: {column: id, min: 5, max: 1}}]}": "params.yaml: line 4: clean.rules[0].range.max: found 1, at least min (5) is wanted.",
    "clean: {rules: [{msising: {columns: [x]}}]}": (
        f"params.yaml: line 4: clean.rules[0].msising: unknown name; did you mean missing? Known here: {RULES}."
    ),
    "clean: {rules: {missing: x}}": "params.yaml: line 4: clean.rules: found a mapping with missing, a list is wanted.",
    "clean: 3": "params.yaml: line 4: clean: found 3, the params of a stage are wanted.",
    "split: {fractions: {train: 0.8, test: 0.1}}": "params.yaml: line 4: split.fractions: add up to 0.9, not to 1.",
    "split: {fractions: {train: 1.5, test: -0.5}}": (
        "params.yaml has 2 problems:\n  line 4: split.fractions.train: found 1.5, at most 1.0 is allowed.\n"
        "  line 4: split.fractions.test: found -0.5, at least 0.0 is allowed."
    ),
    "split: {fractions: {train: 1}, stratify: [label]}": (
        'params.yaml: line 4: split.stratify[0]: found "label", a column that no record has; there are id, x.'
    ),
    "split: {method: random, fractions: {train: 1}}": 'params.yaml: line 4: split.method: found "random", one of hash, sticky, fresh is wanted.',
    "merge: {method: majority, min_votes: 0}": "params.yaml: line 4: merge.min_votes: found 0, at least 1 is allowed.",
    "merge: {method: majorty}": 'params.yaml: line 4: merge.method: found "majorty", one of majority, weighted is wanted; did you mean majority?',
    "audit: {groups: x}": 'params.yaml: line 4: audit.groups: found "x", a list is wanted; write [x].',
    "audit: {label: txt, groups: [x]}": (
        'params.yaml: line 4: audit.label: found "txt", a column that no record has; there are id, x.'
    ),
    "audit: {groups: [x, i]}": (
        'params.yaml: line 4: audit.groups[1]: found "i", a column that no record has; did you mean id? There are id, x.'
    ),
    "clean: {rules: [{duplicate: {}}, {missing: {columns: [y]}}]}": (
        'params.yaml: line 4: clean.rules[1].missing.columns[0]: found "y", a column that no record has; there are id, x.'
    ),
    "clean-2: {use: clean, rules: [{range: {column: x, min: 1}}]}": (
        "clean-2.rules[0].range cannot be applied to source shop: the column 'x' is text, number is wanted.\n"
        "hint: declare the type in sources.shop.columns, or put a rule `type` before it; `sources: [...]` limits a rule to some"
        " sources"
    ),
    "clean: {rules: [{missing: {columns: [x], sources: [shpo]}}]}": (
        "clean.rules[0].missing.sources: no source of records is called 'shpo'; did you mean shop?\nhint: edit clean in params.yaml"
    ),
    "clean:\n  rules:\n    - missing: {columns: [x]}\n    - rang: {column: id}": (
        f"params.yaml: line 7: clean.rules[1].rang: unknown name; did you mean range? Known here: {RULES}."
    ),
    "mine: {use: python, function: 'no.such:fn'}": (
        "The module no.such cannot be imported: No module named 'no'\nhint: pip install it, or put it beside params.yaml"
    ),
    "mine: {use: python}": "params.yaml: line 4: mine: the key function is missing.",
}  # fmt: skip
WRONG = {**NO_FILE, **SOURCES, **{f"{SOURCE}{stage}\n": told for stage, told in STAGES.items()}}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_params_are_refused_in_so_many_words(shop: Project, tell: Tell, text: str) -> None:
    (shop.root / "params.yaml").write_text(text, encoding="utf-8")
    told = WRONG[text] if "\nhint: " in WRONG[text] else f"{WRONG[text]}\nhint: edit params.yaml"
    assert tell(shop, "run") == (10, "", f"error: {told}\n")


def test_a_delivery_that_is_nowhere_is_named(shop: Project, tell: Tell) -> None:
    (shop.root / "params.yaml").write_text(SOURCE.replace("[b1]", "[b1, b2]"), encoding="utf-8")
    assert tell(shop, "run") == (13, "", (
        "error: params.yaml names the delivery shop/b2, but there is no data/raw/shop/b2 and no data/raw/shop/b2.dvc.\n"
        "hint: dsv add PATH --source shop, or git checkout -- data/raw/shop/b2.dvc\n"
    ))  # fmt: skip


@pytest.mark.long
def test_a_run_after_wrong_params_builds_the_same_version(shop: Project, tell: Tell) -> None:
    good = (shop.root / "params.yaml").read_text(encoding="utf-8")
    for text in ("clean: 3\n", SOURCE + "clean: {rules: [{missing: {columns: [y]}}]}\n"):
        (shop.root / "params.yaml").write_text(text, encoding="utf-8")
        assert tell(shop, "run").code == 10
    (shop.root / "params.yaml").write_text(good, encoding="utf-8")
    assert tell(shop, "run").code == 0
    assert tell(shop, "status").out == "Up to date; everything is committed.\n"


def _many(n: int) -> str:
    return SOURCE + "".join(f"c{i}: {{use: clean}}\n" for i in range(n))


def test_stages_of_ones_own_in_dvc_yaml_do_not_count_among_the_thirty(shop: Project, tell: Tell) -> None:
    own = "".join(f"  own{i}: {{cmd: 'true', outs: [o{i}]}}\n" for i in range(40))
    (shop.root / "dvc.yaml").write_text(f"stages:\n{own}", encoding="utf-8")
    (shop.root / "params.yaml").write_text(_many(29), encoding="utf-8")
    told = "params.yaml: line 32: c28: there would be 31 stages with ingest and audit, at most 30 are allowed."
    assert tell(shop, "run") == (10, "", f"error: {told}\nhint: edit params.yaml\n")
    (shop.root / "params.yaml").write_text(_many(28), encoding="utf-8")
    derive(Layout(shop.root))


def test_a_stage_too_many_is_not_added(shop: Project, tell: Tell) -> None:
    path = shop.root / "params.yaml"
    path.write_text(_many(28), encoding="utf-8")
    (shop.root / "mine.py").write_text("def same(frame):\n    return frame\n", encoding="utf-8")
    add = ("stage", "add", "mine", "--python", "mine:same")
    told = "mine is not added: there would be 31 stages with ingest and audit, at most 30 are allowed."
    assert tell(shop, *add) == (2, "", f"error: {told}\n")
    assert path.read_text(encoding="utf-8") == _many(28)
    path.write_text(_many(27), encoding="utf-8")
    assert tell(shop, *add).code == 0


ODD = ("sources: 0.5", "sources: abc", "sources: [1]", "sources: {shop: 3}", "sources: {shop: {batches: 4}}", "sources: {1: {}}", "1: 2", "clean: 4", "audit: {label: [1]}", "merge: {use: 4}")  # fmt: skip
READING = (["status"], ["show", "."], ["diff", "--stat"], ["diff"], ["why", "shop/1"], ["log"], ["plan"], ["commit", "-m", "x"], ["export", ".", "-o", "../out"])


@pytest.mark.parametrize("text", ODD)
def test_no_command_takes_wrong_params_for_a_fault_of_its_own(shop: Project, tell: Tell, text: str) -> None:
    for command in READING:
        (shop.root / "params.yaml").write_text(f"dataset: reviews\n{text}\n", encoding="utf-8")
        told = tell(shop, *command)
        assert told.code in (0, 10), (command, told)
        assert told.err.startswith("error: ") if told.code else "error" not in told.err, (command, told)
