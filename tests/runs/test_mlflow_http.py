"""What a tracking server answers, as MLflow 3.17 sent it: read without MLflow. test_mlflow.py asks a real server."""

from __future__ import annotations

import base64
import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import dsv.mlflow
from dsv import errors
from tests.conftest import Project
from tests.runs.conftest import SAID, predictions

MISSING = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run with id=c not found", "sqlstate": "KAM00"}
FILES = {"path": "predictions.csv", "is_dir": False, "file_size": 18}, {"path": "model", "is_dir": True}


def answer(run_id: str, root: str | None, accuracy: float) -> dict[str, Any]:
    """The answer to runs/get; `root` None: a data set of another tool."""
    named = (
        {"name": "reviews/train", "digest": root[:36], "source_type": "dsv"}
        if root
        else {"name": "d", "digest": "6f5066bd", "source_type": "code"}
    )
    source = json.dumps({"root": root, "split": "train"}) if root else '{"tags": {}}'
    given = {
        "tags": [{"key": "mlflow.data.context", "value": "train"}],
        "dataset": named | {"source": source, "profile": '{"num_rows": 3}'},
    }
    metrics = [
        {"key": "accuracy", "value": accuracy, "timestamp": 1795610606624, "step": 2},
        {"key": "val/f1", "value": "NaN", "step": 0},
    ]
    tags = [{"key": "mlflow.user", "value": "ada"}, {"key": "mlflow.runName", "value": "unique-bass-532"}]
    info = {
        "run_uuid": run_id,
        "experiment_id": "0",
        "status": "FINISHED",
        "lifecycle_stage": "active",
        "run_id": run_id,
    }
    return {
        "run": {
            "info": info,
            "data": {"metrics": metrics, "tags": tags},
            "inputs": {"dataset_inputs": [given]},
            "outputs": {},
        }
    }


class Answers(BaseHTTPRequestHandler):
    runs: dict[str, dict[str, Any]]
    files: dict[str, bytes]
    password: str | None = None

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        run = parse_qs(asked.query)["run_id"][0]
        if self.password and self.headers["Authorization"] != self.password:
            return self.tell(401, b"You are not authenticated.")
        if run not in self.runs:
            return self.tell(404, json.dumps(MISSING).encode())
        if asked.path == "/get-artifact":
            return self.tell(200, self.files[run])
        found = (
            self.runs[run]
            if asked.path == "/api/2.0/mlflow/runs/get"
            else {"files": FILES if run in self.files else []}
        )
        return self.tell(200, json.dumps(found).encode())

    def tell(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answers(versions: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Answers]]:
    """A server with the runs a (v1.0.0), b (v2.0.0), both with predictions, and x, which names no version."""
    roots = {run: dsv.show(rev, path=versions.root)["root"] for run, rev in (("a", "v1.0.0"), ("b", "v2.0.0"))}
    files = {
        run: predictions(versions.root / "p.csv", SAID[n]).read_bytes() for run, n in (("a", "before"), ("b", "after"))
    }
    runs = {run: answer(run, roots.get(run), 0.5) for run in ("a", "b", "x")}
    handler = type("Handler", (Answers,), {"runs": runs, "files": files})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.server_port}/")
        yield handler
        server.shutdown()
        thread.join()


def test_the_diff_of_two_runs_of_a_server_has_metrics_causes_and_slices(
    versions: Project, answers: type[Answers]
) -> None:
    answers.runs["b"]["run"]["data"]["metrics"][0]["value"] = 0.75
    found = versions.dsv("diff", "mlflow:a", "mlflow:b", "--format", "json").json()["dsv.diff/v1"]
    assert {(c["kind"], c["what"]) for c in found["causes"]} == {("batch", "shop/second"), ("content", "shop/second")}
    assert [(m["name"], m["change"]) for m in found["metrics"]] == [("accuracy", 0.25), ("val/f1", None)]
    assert found["slices"][0]["records"] == 15


def test_the_digest_alone_names_the_version(versions: Project, answers: type[Answers]) -> None:
    answers.runs["b"]["run"]["inputs"]["dataset_inputs"][0]["dataset"]["source"] = "no JSON"
    assert dsv.show("mlflow:b", path=versions.root)["version"] == "reviews@v2.0.0"


def test_a_version_that_only_others_have_is_told_by_its_root(versions: Project, answers: type[Answers]) -> None:
    answers.runs["b"] = answer("b", "ab" * 32, 0.5)
    with pytest.raises(errors.UnknownVersion, match=r"does not have \(root abababababab\)") as caught:
        dsv.show("mlflow:b", path=versions.root)
    assert caught.value.hint == "git fetch --all --tags"


def test_a_run_that_names_no_version_says_how_to_link_it(versions: Project, answers: type[Answers]) -> None:
    with pytest.raises(errors.UnknownVersion, match="mlflow:x names no version") as caught:
        dsv.show("mlflow:x", path=versions.root)
    assert caught.value.hint == """python -c 'import dsv.mlflow; dsv.mlflow.log_input("x", "REV")'"""


def test_a_run_that_the_server_has_not_is_an_unknown_version(versions: Project, answers: type[Answers]) -> None:
    with pytest.raises(errors.UnknownVersion, match="Run with id=c not found"):
        dsv.show("mlflow:c", path=versions.root)


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"MLFLOW_TRACKING_TOKEN": "t"}, "Bearer t"),
        (
            {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "ü"},
            f"Basic {base64.b64encode('ada:ü'.encode()).decode()}",
        ),
    ],
    ids=["token", "password"],
)
def test_signing_in_is_as_with_the_client_of_mlflow(
    versions: Project, answers: type[Answers], variables: dict[str, str], header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.password = header
    with pytest.raises(errors.DsvError, match="Unauthorized") as caught:
        dsv.show("mlflow:a", path=versions.root)
    assert "MLFLOW_TRACKING_USERNAME" in str(caught.value.hint)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert dsv.show("mlflow:a", path=versions.root)["version"] == "reviews@v1.0.0"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://127.0.0.1:1", "The MLflow server http://127.0.0.1:1 cannot be reached: "),
        (None, "neither mlflow.db nor mlruns/"),
    ],
)
def test_a_store_that_is_not_there_is_told(
    versions: Project, uri: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri) if uri else monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(errors.DsvError, match=message) as caught:
        dsv.show("mlflow:a", path=versions.root)
    assert "MLFLOW_TRACKING_URI" in str(caught.value.hint)


def test_a_server_that_is_none_of_mlflow_is_told(
    versions: Project, answers: type[Answers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "tell", lambda self, _, data: Answers.tell(self, 200, b"<html>"))
    with pytest.raises(errors.DsvError, match="is no tracking server of MLflow"):
        dsv.show("mlflow:a", path=versions.root)


def test_neither_import_loads_mlflow_or_what_is_slow(tmp_path: Path) -> None:
    code = "import sys, dsv, dsv.mlflow; print(sorted({'mlflow', 'polars', 'dvc', 'pandas', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is not None, reason="MLflow is installed")
@pytest.mark.parametrize("use", ["read", "log"])
def test_without_mlflow_what_needs_it_says_how_to_get_it(
    versions: Project, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////nowhere/runs.db")
    with pytest.raises(errors.DsvError, match="mlflow") as caught:
        dsv.show("mlflow:a", path=versions.root) if use == "read" else dsv.mlflow.log_input("a", path=versions.root)
    assert caught.value.hint == "pip install 'dsv[mlflow]'"
