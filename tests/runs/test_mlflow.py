"""Runs in real stores of MLflow: a tracking server, a database, files. MLflow is no part of the test environment: `make test-trackers`."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dsv.mlflow
from dsv import errors
from tests.conftest import Project
from tests.runs.conftest import SAID, build, predictions

pytestmark = [
    pytest.mark.long,
    # What MLflow's own modules warn of.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"),
]
mlflow = pytest.importorskip("mlflow", reason="MLflow is not installed; `make test-trackers` runs these tests")
STORES = ["server", "sqlite", "files"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tracking server of MLflow on this machine."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = [
        "--backend-store-uri",
        f"sqlite:///{folder}/runs.db",
        "--artifacts-destination",
        str(folder / "artifacts"),
    ]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([*command, *stores], cwd=folder, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}", running)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(30)


def _wait(uri: str, running: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert running.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{uri}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(uri)


Store = Callable[[str], str]


@pytest.fixture
def store(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Makes a kind of store the one in use."""

    def use(kind: str) -> str:
        places = {"server": server, "sqlite": f"sqlite:///{tmp_path}/runs.db", "files": (tmp_path / "mlruns").as_uri()}
        # MLflow has files only for those who say that they want them.
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", places[kind])
        mlflow.set_tracking_uri(places[kind])
        return places[kind]

    monkeypatch.chdir(tmp_path)
    yield use
    mlflow.set_tracking_uri(None)


def train(project: Project, name: str, rev: str, accuracy: float) -> str:
    """A run in MLflow that names its version; its id."""
    said = predictions(project.root / "predictions.csv", SAID[name])
    with mlflow.start_run(run_name=name) as run:
        dsv.mlflow.log_input(run, rev, split="train", path=project.root)
        mlflow.log_metric("accuracy", 0.1)
        mlflow.log_metric("accuracy", accuracy, step=1)
        mlflow.log_artifact(str(said))
    said.unlink()
    return str(run.info.run_id)


@pytest.mark.parametrize("kind", STORES)
def test_the_diff_of_two_runs_in_mlflow_shows_the_causes_between_their_data(
    versions: Project, store: Store, kind: str
) -> None:
    store(kind)
    a, b = train(versions, "before", "v1.0.0", 0.8), train(versions, "after", "v2.0.0", 0.9)
    found = versions.dsv("diff", f"mlflow:{a}", f"mlflow:{b}", "--format", "json").json()["dsv.diff/v1"]
    assert {(c["kind"], c["what"]) for c in found["causes"]} == {("batch", "shop/second"), ("content", "shop/second")}
    assert [(m["name"], m["from"], m["to"]) for m in found["metrics"]] == [("accuracy", 0.8, 0.9)]
    assert found["slices"][0]["records"] == 15


@pytest.mark.parametrize("kind", STORES)
def test_the_root_of_the_version_is_the_digest_of_the_data_set_in_mlflow(
    versions: Project, store: Store, kind: str
) -> None:
    store(kind)
    run = mlflow.get_run(train(versions, "after", "v2.0.0", 0.9))
    (given,) = run.inputs.dataset_inputs
    root = dsv.show("v2.0.0", path=versions.root)["root"]
    assert (given.dataset.name, given.dataset.digest, given.dataset.source_type) == ("reviews/train", root[:36], "dsv")
    assert json.loads(given.dataset.source)["root"] == run.data.tags["dsv.root"] == root
    assert [(tag.key, tag.value) for tag in given.tags] == [("mlflow.data.context", "train")]


@pytest.mark.parametrize("kind", STORES)
def test_a_run_that_is_none_is_an_unknown_version(versions: Project, store: Store, kind: str) -> None:
    store(kind)
    assert "MLflow at " in versions.dsv("show", f"mlflow:{'0' * 32}", code=12).err


@pytest.mark.parametrize("kind", STORES)
def test_a_run_that_names_no_version_says_how_to_link_it(versions: Project, store: Store, kind: str) -> None:
    store(kind)
    with mlflow.start_run() as run:
        mlflow.log_metric("accuracy", 1)
    told = versions.dsv("show", f"mlflow:{run.info.run_id}", code=12).err
    assert "names no version of the data set" in told
    assert f"""hint: python -c 'import dsv.mlflow; dsv.mlflow.log_input("{run.info.run_id}", "REV")'""" in told


def test_a_run_is_linked_afterwards_by_its_id(versions: Project, store: Store) -> None:
    store("server")
    with mlflow.start_run() as run:
        pass
    dsv.mlflow.log_input(run.info.run_id, path=versions.root)
    shown = dsv.show(f"mlflow:{run.info.run_id}", path=versions.root)
    assert shown["version"] == "reviews@v2.0.0"


def test_a_tag_with_the_root_links_a_run_too(versions: Project, store: Store) -> None:
    store("server")
    with mlflow.start_run() as run:
        mlflow.set_tag("dsv.root", dsv.show("v1.0.0", path=versions.root)["root"])
    assert dsv.show(f"mlflow:{run.info.run_id}", path=versions.root)["version"] == "reviews@v1.0.0"


def test_a_run_that_names_two_versions_is_no_version(versions: Project, store: Store) -> None:
    store("server")
    with mlflow.start_run() as run:
        for rev in ("v1.0.0", "v2.0.0"):
            dsv.mlflow.log_input(run, rev, path=versions.root)
    with pytest.raises(errors.UnknownVersion, match="names 2 versions"):
        dsv.show(f"mlflow:{run.info.run_id}", path=versions.root)


def test_two_splits_of_one_version_are_one_version(versions: Project, store: Store) -> None:
    store("server")
    with mlflow.start_run() as run:
        for split in ("train", "test"):
            dsv.mlflow.log_input(run, "v1.0.0", split=split, path=versions.root)
    assert dsv.show(f"mlflow:{run.info.run_id}", path=versions.root)["version"] == "reviews@v1.0.0"
    assert len(mlflow.get_run(run.info.run_id).inputs.dataset_inputs) == 2


def test_two_runs_of_one_version_keep_their_own_splits(versions: Project, store: Store) -> None:
    store("server")
    runs = []
    for split in ("train", "test"):
        with mlflow.start_run() as run:
            dsv.mlflow.log_input(run, "v1.0.0", split=split, path=versions.root)
        runs.append(f"mlflow:{run.info.run_id}")
    told = dsv.diff_runs(*runs, path=versions.root).json()["runs"]
    assert (told["from"]["split"], told["to"]["split"]) == ("train", "test")


def test_a_split_that_is_none_is_refused(versions: Project, store: Store) -> None:
    store("server")
    with mlflow.start_run() as run, pytest.raises(errors.UsageError, match="has no split 'tarin'; it has test, train"):
        dsv.mlflow.log_input(run, "v1.0.0", split="tarin", path=versions.root)


@pytest.mark.parametrize("kind", ["mlflow.db", "mlruns"])
def test_runs_in_the_project_need_no_setting(
    versions: Project, store: Store, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store("server")
    place = versions.root / kind
    mlflow.set_tracking_uri(f"sqlite:///{place}" if kind == "mlflow.db" else place.as_uri())
    run = train(versions, "after", "v2.0.0", 0.9)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert dsv.show(f"mlflow:{run}", path=versions.root)["version"] == "reviews@v2.0.0"


def test_a_relabelled_row_that_the_digest_of_mlflow_misses_changes_ours(project: Project, store: Store) -> None:
    store("server")
    rows = [{"id": i, "label": "ham"} for i in range(10_100)]
    digests = [
        _digests(project, rows),
        _digests(project, [r | {"label": "spam"} if r["id"] > 10_000 else r for r in rows]),
    ]
    (theirs, ours), (theirs_after, ours_after) = digests
    assert theirs == theirs_after
    assert ours != ours_after


def _digests(project: Project, rows: list[dict[str, Any]]) -> tuple[str, str]:
    """MLflow's digest of the rows, and the one that a run gets that used a version of them."""
    pandas = pytest.importorskip("pandas")
    text = "id,label\n" + "".join(f"{row['id']},{row['label']}\n" for row in rows)
    name = f"batch-{rows[-1]['label']}"
    project.dsv(
        "add",
        str(project.write(f"{name}.csv", text)),
        "--source",
        "shop",
        "--batch",
        name,
        "--snapshot",
        "--key",
        "id",
        "--license",
        "MIT",
    )
    build(project, name)
    with mlflow.start_run() as run:
        dsv.mlflow.log_input(run, path=project.root)
        mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame(rows)))
    given = {
        one.dataset.source_type: one.dataset.digest for one in mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    }
    return next(digest for kind, digest in given.items() if kind != "dsv"), given["dsv"]
