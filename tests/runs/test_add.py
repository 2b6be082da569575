"""Runs recorded in the project: a file each, and a REV."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import dsv
from dsv import errors
from dsv.record import yaml12
from tests.conftest import Project
from tests.runs.conftest import predictions


def told(project: Project, name: str) -> Any:
    return yaml12.load((project.root / "runs" / f"{name}.yaml").read_bytes())


def test_a_run_records_the_version_by_tag_commit_and_root(versions: Project) -> None:
    versions.dsv("runs", "add", "a", "--rev", "v1.0.0", "--split", "train")
    shown = dsv.show("v1.0.0", path=versions.root)
    assert told(versions, "a") == {
        "run": "a", "version": "reviews@v1.0.0", "rev": shown["rev"], "root": shown["root"], "split": "train",
    }  # fmt: skip


def test_without_a_rev_a_run_is_one_of_the_version_checked_out(versions: Project) -> None:
    dsv.add_run("a", path=versions.root)
    assert told(versions, "a")["version"] == "reviews@v2.0.0"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.json", '{"f1": {"macro": 0.5, "spam": 1}, "accuracy": 0.75, "model": "cnn", "curve": [1, 2]}'),
        ("m.yaml", "f1: {macro: 0.5, spam: 1}\naccuracy: 75e-2\nmodel: cnn\ncurve: [1, 2]\n"),
    ],
)
def test_metrics_are_the_numbers_of_a_file_by_dotted_name(versions: Project, name: str, text: str) -> None:
    (versions.root / name).write_text(text, encoding="utf-8")
    dsv.add_run("a", metrics=versions.root / name, path=versions.root)
    assert told(versions, "a")["metrics"] == {"accuracy": 0.75, "f1.macro": 0.5, "f1.spam": 1}


def test_the_same_run_recorded_again_is_the_same_file(versions: Project) -> None:
    said = predictions(versions.root / "p.csv", {1: "ham"})
    dsv.add_run("a", predictions=said, path=versions.root)
    before = (versions.root / "runs" / "a.yaml").read_bytes()
    assert versions.dsv("runs", "add", "a", "--predictions", said.name).out.startswith("Already recorded")
    assert (versions.root / "runs" / "a.yaml").read_bytes() == before


def test_another_run_never_takes_the_place_of_one(versions: Project) -> None:
    dsv.add_run("a", "v1.0.0", path=versions.root)
    with pytest.raises(errors.DsvError, match="records another run"):
        dsv.add_run("a", "v2.0.0", path=versions.root)


def test_runs_of_two_branches_merge(versions: Project) -> None:
    for branch in ("left", "right"):
        versions.git("checkout", "-q", "-b", branch, "reviews@v2.0.0")
        dsv.add_run(branch, path=versions.root)
        dsv.commit(branch, path=versions.root)
    versions.git("merge", "-q", "left")
    assert [run["run"] for run in dsv.runs(path=versions.root)] == ["left", "right"]


def test_the_list_has_a_line_a_run(trained: Project) -> None:
    lines = trained.dsv("runs", "list").out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["run", "version"],
        ["after", "reviews@v2.0.0"],
        ["before", "reviews@v1.0.0"],
    ]
    assert lines[2].endswith("train  accuracy 0.8, f1.macro 0.4")


def test_the_list_as_json_is_what_the_library_gives(trained: Project) -> None:
    found = trained.dsv("runs", "list", "--format", "json").json()["dsv.runs/v1"]
    assert found == dsv.runs(path=trained.root)
    assert set(found[0]) == {"run", "version", "rev", "root", "split", "metrics", "predictions"}


@pytest.mark.parametrize(
    "args",
    [["show"], ["log", "--oneline"], ["diff", "--stat", "v1.0.0"], ["diff", "v1.0.0"], ["why", "shop/1"], ["verify"]],
    ids=lambda args: args[0],
)
def test_a_run_is_a_version_to_every_command(trained: Project, args: list[str]) -> None:
    by_tag, by_run = (trained.dsv(*args, rev).out for rev in ("v2.0.0", "run:after"))
    # A diff tells the metrics of a run as well.
    assert by_run.split("metrics\n")[0].replace("run:after", "v2.0.0") == by_tag


def test_a_run_is_loaded_and_exported_as_its_version(trained: Project) -> None:
    trained.dsv("export", "run:before", "-o", "out", "--format", "csv", "--split", "train")
    rows = len((trained.root / "out" / "reviews-train.csv").read_text().splitlines()) - 1
    assert len(dsv.load("run:before", split="train", path=trained.root)) == rows


def test_a_run_whose_commit_is_gone_is_found_by_its_root(trained: Project) -> None:
    shutil.rmtree(trained.root / ".git")
    (trained.root / "before.csv").unlink()
    for args in (["init", "-q"], ["add", "."], ["commit", "-qm", "squashed"]):
        trained.git(*args)
    assert dsv.show("run:after", path=trained.root)["rev"] == trained.git("rev-parse", "HEAD").strip()
    with pytest.raises(errors.UnknownVersion, match="this repository does not have"):
        dsv.show("run:before", path=trained.root)


def test_a_run_is_not_recorded_of_data_that_nobody_committed(versions: Project) -> None:
    versions.params(clean={"rules": [{"filter": {"where": "country = 'de'"}}]})
    dsv.run(path=versions.root)
    refused = versions.dsv("runs", "add", "a", code=10).err
    assert "not committed" in refused
    assert "hint: dsv commit" in refused


@pytest.mark.parametrize(
    ("named", "kind", "message"),
    [
        ({"rev": "v9"}, errors.UnknownVersion, "no version 'v9'"),
        ({"split": "tarin"}, errors.UsageError, "has no split 'tarin'; it has test, train."),
        ({"metrics": "none.json"}, errors.UsageError, "There is no .*none.json."),
        ({"metrics": "text.json"}, errors.DsvError, "text.json holds no number."),
        ({"metrics": "broken.json"}, errors.DsvError, "broken.json is not valid JSON"),
        ({"metrics": "twice.json"}, errors.DsvError, "the metric a.b is there twice"),
        ({"metrics": "empty"}, errors.DsvError, "empty holds neither metrics.json nor plots/metrics"),
        ({"predictions": "none.csv"}, errors.UsageError, "There is no file .*none.csv."),
        ({"predictions": "../out.csv"}, errors.UsageError, "lies outside of the project"),
        ({"predictions": "columns.csv"}, errors.DsvError, "has the columns key, guess; predictions need `id` and `prediction`"),
        ({"predictions": "double.csv"}, errors.DsvError, "predicts shop/1 more than once"),
        ({"predictions": "lists.jsonl"}, errors.DsvError, "line 1 is no object"),
        ({"predictions": "text.json"}, errors.UsageError, "predictions are read from .csv, .jsonl, .parquet"),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_refused(
    versions: Project, named: dict[str, str], kind: type[errors.DsvError], message: str
) -> None:
    texts = {
        "text.json": '{"model": "cnn"}', "broken.json": "{", "twice.json": '{"a": {"b": 1}, "a.b": 2}', "../out.csv": "id,prediction\n",
        "columns.csv": "key,guess\n1,a\n", "double.csv": "id,prediction\nshop/1,a\nshop/1,b\n", "lists.jsonl": "[1]\n", "empty/x": "",
    }  # fmt: skip
    (versions.root / "empty").mkdir()
    for name, text in texts.items():
        (versions.root / name).write_text(text, encoding="utf-8")
    files = {key: versions.root / value if key in ("metrics", "predictions") else value for key, value in named.items()}
    with pytest.raises(kind, match=message):
        dsv.add_run("a", **files, path=versions.root)
    assert not (versions.root / "runs").exists()


@pytest.mark.parametrize("name", ["../a", "a/b", ".a", "a..b", "", "-a b", "a:b"])
def test_a_name_that_is_no_name_of_a_file_is_refused(versions: Project, name: str) -> None:
    with pytest.raises(errors.UsageError, match="cannot name a run"):
        dsv.add_run(name, path=versions.root)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("run: a\nrev: HEAD\n", errors.DsvError, "runs/a.yaml: `rev` is 'HEAD'; a whole hash in quotes is needed."),
        ("run: a\nrev: run:a\n", errors.DsvError, "a whole hash in quotes is needed"),
        ("run: a\nmetrics: [1]\n", errors.DsvError, "runs/a.yaml: `metrics` is no mapping of numbers."),
        ("run: a\npredictions: p.csv\n", errors.DsvError, "runs/a.yaml: `predictions` needs `path` and `md5`."),
        ("run: a\n<<<<<<< left\n", errors.DsvError, "runs/a.yaml: a merge conflict in line 2"),
    ],
)
def test_a_damaged_file_of_a_run_is_told_with_its_name(
    versions: Project, text: str, kind: type[errors.DsvError], message: str
) -> None:
    (versions.root / "runs").mkdir()
    (versions.root / "runs" / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(kind, match=message):
        dsv.show("run:a", path=versions.root)


def test_a_run_that_names_no_version_says_how_to_link_it(versions: Project) -> None:
    (versions.root / "runs").mkdir()
    (versions.root / "runs" / "a.yaml").write_text("run: a\n", encoding="utf-8")
    assert versions.dsv("show", "run:a", code=12).err == (
        "error: run:a names no version of the data set.\nhint: add `root:` or `rev:` of a version (dsv log) to runs/a.yaml\n"
    )


def test_a_wrong_name_of_a_run_suggests_near_ones(trained: Project) -> None:
    assert "hint: did you mean run:before?" in trained.dsv("diff", "run:befor", "run:after", code=12).err


def test_whoever_records_predictions_that_nobody_tracks_is_told(versions: Project) -> None:
    said = predictions(versions.root / "p.csv", {1: "ham"})
    assert "neither git nor DVC tracks p.csv" in versions.dsv("runs", "add", "a", "--predictions", said.name).err
    subprocess.run(["dvc", "add", "-q", said.name], cwd=versions.root, check=True)
    assert dsv.add_run("a", predictions=said, path=versions.root).kept


def test_runs_are_listed_in_a_shallow_clone_without_data(trained: Project, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{trained.root}", str(clone)], check=True)
    assert (
        json.loads(Project(clone).dsv("runs", "list", "-f", "json").out)["dsv.runs/v1"][0]["metrics"]["accuracy"] == 0.9
    )


def test_back_to_an_older_version_and_forth_again_with_a_run_recorded_between(versions: Project) -> None:
    for rev in ("v1.0.0", "v2.0.0"):
        dsv.checkout(rev, path=versions.root)
        dsv.add_run(f"of-{rev[:2]}", rev, path=versions.root)
    assert versions.git("status", "--short").split() == ["??", "runs/"]
    assert len(dsv.runs(path=versions.root)) == 2


def test_the_deliveries_of_later_batches_stay_out_of_git_in_an_older_version(versions: Project) -> None:
    dsv.checkout("v1.0.0", path=versions.root)
    assert "data/raw" not in versions.git("status", "--short")
