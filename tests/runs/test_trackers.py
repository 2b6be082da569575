"""Runs that DVC and DVCLive keep."""

from __future__ import annotations

import json
import subprocess

import pytest

import dsv
from dsv import errors
from dsv.ops.metric_changes import metric_changes
from dsv.project.layout import Layout
from dsv.trackers import registry
from tests.conftest import Project, Shelf
from tests.runs.conftest import SAID, predictions

# What DVCLive 3.49 writes.
SUMMARY = '{\n    "acc": 0.7,\n    "train": {\n        "loss": 0.25\n    },\n    "step": 2\n}\n'
TABLES = {"acc.tsv": "step\tacc\n0\t0.5\n1\t0.6\n2\t0.7\n", "train/loss.tsv": "step\tloss\n0\t1.0\n1\t0.25\n"}
METRICS = {"acc": 0.7, "train.loss": 0.25}


def metrics(project: Project, a: str, b: str) -> dict[str, tuple[float | None, float | None]]:
    found = metric_changes(Layout(project.root), a, b)
    assert found is not None
    return {m.name: (m.was, m.now) for m in found}


def live(project: Project, **files: str) -> None:
    for name, text in files.items():
        path = project.root / "dvclive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def dvc(project: Project, *args: str) -> None:
    subprocess.run(["dvc", *args], cwd=project.root, check=True, capture_output=True)


def _experiments(project: Project) -> None:
    """An experiment on v1.0.0 and one on v2.0.0; dvc.yaml names their metrics as DVCLive does."""
    for name, rev in (("before", "v1.0.0"), ("after", "v2.0.0")):
        dsv.checkout(rev, path=project.root)
        pipeline = project.root / "dvc.yaml"
        pipeline.write_text(
            pipeline.read_text(encoding="utf-8") + "metrics:\n- dvclive/metrics.json\n", encoding="utf-8"
        )
        live(project, **{"metrics.json": json.dumps({"acc": 0.5 if name == "before" else 0.7})})
        predictions(project.root / "predictions.csv", SAID[name])
        project.git("add", "predictions.csv", "dvclive")
        dvc(project, "exp", "save", "-n", name)
        project.git("checkout", "-q", f"reviews@{rev}", "--", "dvc.yaml")


@pytest.fixture
def experiments(shelf: Shelf, versions: Project) -> Project:
    return shelf.take("experiments", _experiments, lambda: versions)


def test_an_experiment_of_dvc_is_the_version_that_its_commit_pins(experiments: Project) -> None:
    roots = {
        rev: dsv.show(rev, path=experiments.root)["root"] for rev in ("exp:before", "exp:after", "v1.0.0", "v2.0.0")
    }
    assert (roots["exp:before"], roots["exp:after"]) == (roots["v1.0.0"], roots["v2.0.0"])
    assert roots["v1.0.0"] != roots["v2.0.0"]


def test_the_diff_of_two_experiments_shows_causes_metrics_and_slices(experiments: Project) -> None:
    found = experiments.dsv("diff", "exp:before", "exp:after", "--format", "json").json()["dsv.diff/v1"]
    assert {(c["kind"], c["what"]) for c in found["causes"]} == {("batch", "shop/second"), ("content", "shop/second")}
    assert [(m["name"], m["from"], m["to"]) for m in found["metrics"]] == [("acc", 0.5, 0.7)]
    assert found["slices"][0]["records"] == 15


def test_an_experiment_that_is_none_suggests_near_ones(experiments: Project) -> None:
    with pytest.raises(errors.UnknownVersion) as caught:
        dsv.show("exp:befor", path=experiments.root)
    assert caught.value.hint == "did you mean exp:before?"


def test_a_run_of_dsv_leaves_the_metrics_in_dvc_yaml(versions: Project) -> None:
    pipeline = versions.root / "dvc.yaml"
    pipeline.write_text(pipeline.read_text(encoding="utf-8") + "metrics:\n- dvclive/metrics.json\n", encoding="utf-8")
    dsv.run(path=versions.root)
    assert pipeline.read_text(encoding="utf-8").endswith("metrics:\n- dvclive/metrics.json\n")


@pytest.mark.parametrize(
    "files",
    [{"metrics.json": SUMMARY}, {f"plots/metrics/{name}": text for name, text in TABLES.items()}],
    ids=["summary", "tables"],
)
def test_a_folder_of_dvclive_gives_the_last_value_of_each_metric(versions: Project, files: dict[str, str]) -> None:
    live(versions, **files)
    assert metrics(versions, "v1.0.0", "dvclive:dvclive") == {name: (None, value) for name, value in METRICS.items()}
    dsv.add_run("a", metrics=versions.root / "dvclive", path=versions.root)
    assert metrics(versions, "v1.0.0", "run:a") == metrics(versions, "v1.0.0", "dvclive:dvclive")


def test_a_folder_of_dvclive_lies_beside_the_version_that_it_is_read_from(versions: Project) -> None:
    live(versions, **{"metrics.json": SUMMARY})
    versions.git("add", "dvclive")
    versions.git("commit", "-qm", "trained")
    live(versions, **{"metrics.json": '{"acc": 0.9}'})
    versions.params(clean={"rules": [{"filter": {"where": "country = 'de'"}}]})
    dsv.run(path=versions.root)
    found = versions.dsv("diff", "dvclive:dvclive@HEAD", "dvclive:dvclive", "-f", "json").json()["dsv.diff/v1"]
    assert (found["from"]["records"], found["to"]["records"]) == (23, 11)
    assert [(m["name"], m["from"], m["to"]) for m in found["metrics"]] == [
        ("acc", 0.7, 0.9),
        ("train.loss", 0.25, None),
    ]


@pytest.mark.parametrize("rev", ["dvclive:none", "dvclive:none@v1.0.0", "exp:none", "run:none", "root:12345678"])
def test_a_run_that_is_none_is_an_unknown_version(versions: Project, rev: str) -> None:
    with pytest.raises(errors.UnknownVersion):
        dsv.show(rev, path=versions.root)


@pytest.mark.parametrize("prefix", registry.TRACKERS)
def test_every_tracker_says_how_a_run_is_linked(prefix: str) -> None:
    assert registry.link(f"{prefix}:some-run")


def test_a_branch_may_be_called_like_a_tracker(versions: Project) -> None:
    versions.git("branch", "run")
    assert dsv.show("run", path=versions.root)["rev"] == versions.git("rev-parse", "HEAD").strip()


@pytest.mark.long
def test_what_dvclive_writes_is_read(versions: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    dvclive = pytest.importorskip(
        "dvclive.live", reason="DVCLive is not installed; `make test-trackers` runs this test"
    )
    monkeypatch.chdir(versions.root)
    with dvclive.Live(save_dvc_exp=True, exp_name="live") as live:
        for value in (1.0, 0.25):
            live.log_metric("train/loss", value)
            live.next_step()
    assert metrics(versions, "exp:live", "dvclive:dvclive") == {"step": (1, None), "train.loss": (0.25, 0.25)}
    (versions.root / "dvclive" / "metrics.json").unlink()
    assert metrics(versions, "exp:live", "dvclive:dvclive")["train.loss"] == (0.25, 0.25)
