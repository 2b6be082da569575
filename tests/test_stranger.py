"""docs/format.md is enough: roots and digests of a project, found again from its Parquet files without dsv."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import stranger
from tests.runner.histories import STEPS, Lose, Plan, Step
from tests.runner.test_incremental import BEGIN, outcome
from tests.runner.workshop import Workshop

MIT = {"license": "MIT"}
SOURCES = {
    "shop": {**MIT, "key": ["id", "day"], "batches": ["1", "2"], "columns": {"id": "int", "day": "date", "at": "datetime", "new": "bool", "score": "float", "price": "float"}},
    "notes": {**MIT, "batches": ["1", "2"]},
    "votes": {**MIT, "kind": "annotations", "of": "notes", "item": "id", "annotator": "who", "value": "label", "batches": ["1"]},
    "boxes": {**MIT, "kind": "annotations", "of": "shop", "item": "id", "annotator": "who", "value": "boxes", "batches": ["1"]},
}  # fmt: skip
RULES = [
    {"aliases": {"column": "text", "map": {"n/a": "", "good": "fine"}}},
    {"fill": {"column": "price", "value": 0.5}},
    {"range": {"column": "price", "min": 0}},
    {"duplicate": {"columns": ["text", "price", "day"], "sources": ["shop"]}},
]
STAGES = {
    "clean": {"rules": RULES},
    "merge": {"from": ["votes"], "undecided": "keep"},
    "merge-boxes": {"use": "merge", "kind": "boxes", "from": ["boxes"]},
    "split": {"fractions": {"train": 0.5, "test": 0.5}, "stratify": ["text"]},
}
BOX = '{"label": "cat", "xmin": 0.0, "ymin": 0, "xmax": 4.0, "ymax": 4}'
NOTE = "adde3b24833ac94c3bec5e0993559d24"
FILES = {
    ("shop", "1"): "id,day,at,new,score,price,text\n"
    "1,2026-01-01,2026-01-01 12:00:00,true,-0.0,1,good\n1,2026-01-01,2026-01-01 12:00:01,,nan,1,n/a\n"
    "7,2026-01-03,2026-01-03 00:00:00,false,-0.0,2,n/a\n9,1969-12-31,1969-12-31 23:59:59.5,true,nan,1,ä\x1e\x1b\n"
    "10,2026-01-02,,,,,good\n8,2026-01-02,,,,0.5,fine\n12,2026-01-02,,,,-1,\n",
    ("shop", "2"): "id,day,price,text,more\n1,2026-01-01,2.5,n/a,x\n11,2026-02-01,3,good,\n",
    ("notes", "1"): "text,g\na,1\na,1\nb,\n",
    ("notes", "2"): "text,g\nb,\na,1\n",
    ("votes", "1"): f"id,who,label\n{NOTE},ada,x\n{NOTE}#2,ada,y\n{NOTE}#2,bob,x\n",
    ("boxes", "1"): '{"id": "11/2026-02-01", "who": "ada", "boxes": [' + BOX + "]}\n",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[stranger.Project, dict[str, Any]]:
    shop = Workshop(tmp_path_factory.mktemp("stranger") / "project")
    suffix = {"boxes": "jsonl"}
    files = {k: {f"rows.{suffix.get(k[0], 'csv')}": text.encode()} for k, text in FILES.items()}
    shop.write({"dataset": "d", "sources": SOURCES, **STAGES}, files)
    return stranger.Project(shop.layout.root, ["ingest", *STAGES]), shop.build()


def test_the_root_of_a_data_set_is_found_again(built: tuple[stranger.Project, dict[str, Any]]) -> None:
    project, told = built
    assert stranger.root(project) == told["audit"]["dataset"]["root"]


@pytest.mark.parametrize("stage", ["ingest", *STAGES])
def test_the_root_of_a_stage_is_found_again(built: tuple[stranger.Project, dict[str, Any]], stage: str) -> None:
    project, told = built
    assert stranger.stage_root(project, stage) == told[stage]["root"]


def test_the_digests_of_all_decisions_are_found_again(built: tuple[stranger.Project, dict[str, Any]]) -> None:
    project, told = built
    manifests = {"ingest": told["ingest manifest"]["decisions"]} | {s: told[f"{s} manifest"]["shards"] for s in STAGES}
    shards = [*project.shards("records"), *project.shards("annotations")]
    found = {
        stage: {shard: stranger.digests(project.decisions(stage, shard)) for shard in shards} for stage in manifests
    }
    assert {stage: {s: d for s, d in each.items() if d} for stage, each in found.items()} == manifests


def test_the_small_project_has_something_of_everything(built: tuple[stranger.Project, dict[str, Any]]) -> None:
    _, told = built
    assert told["audit"]["dataset"]["records"] == 10
    assert told["clean"]["dropped"].keys() == {"range", "duplicate"}
    assert told["ingest"]["sources"]["shop"]["counts"].keys() >= {"loser", "replaced", "new"}
    assert {"boxes", "label", "split", "more", "at", "new", "score"} <= told["audit"]["dataset"]["columns"].keys()


@pytest.mark.long
@given(st.lists(STEPS.filter(lambda step: not isinstance(step, Lose)), min_size=1, max_size=12))
@settings(deadline=None, max_examples=200)
def test_the_roots_of_random_histories_are_found_again(
    tmp_path_factory: pytest.TempPathFactory, history: list[Step]
) -> None:
    shop, plan = Workshop(tmp_path_factory.mktemp("stranger") / "project"), Plan()
    for step in [BEGIN, *history]:
        plan = plan.after(step)
    told = outcome(shop, plan)
    if "refused" not in told:
        stages = ["ingest", *(name for name in plan.sections if name != "audit")]
        project = stranger.Project(Path(shop.layout.root), stages)
        assert stranger.root(project) == told["audit"]["dataset"]["root"]
        assert {s: stranger.stage_root(project, s) for s in stages} == {s: told[s]["root"] for s in stages}
