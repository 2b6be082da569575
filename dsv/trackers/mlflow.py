"""Runs of MLflow: `mlflow:RUN_ID`, from a tracking server (over HTTP, without the package) or any other store of the mlflow client.

Where runs are kept is said as MLflow itself has it: by MLFLOW_TRACKING_URI, else by mlflow.db or mlruns/ in the project.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

from dsv import errors
from dsv.trackers.base import PREDICTIONS, Place, Predictions, Run

LINK = """python -c 'import dsv.mlflow; dsv.mlflow.log_input("{name}", "REV")'"""
SOURCE, CONTEXT = "dsv", "mlflow.data.context"
ROOT_TAG, PREDICTIONS_TAG = "dsv.root", "dsv.predictions"


class Input(NamedTuple):
    """One data set that a run names, as `mlflow.log_input` keeps it."""

    name: str
    digest: str
    source_type: str
    source: str
    context: str | None


class Told(NamedTuple):
    """What MLflow knows of a run."""

    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    inputs: tuple[Input, ...]


class Access(Protocol):
    """A way to read a store of runs."""

    def run(self, run_id: str) -> Told:
        """The run; UnknownVersion where there is none."""

    def artifacts(self, run_id: str) -> list[str]:
        """The names of the files at the top of the run's artifacts."""

    def artifact(self, run_id: str, path: str) -> bytes | None:
        """The bytes of an artifact."""


def read(name: str, place: Place) -> Run:
    """The run of this id."""
    access = _access(place.root)
    told = access.run(name)
    sources = [_source(one) for one in told.inputs if one.source_type == SOURCE]
    roots = sorted({source["root"] for source in sources if "root" in source}) or [
        root for root in [told.tags.get(ROOT_TAG)] if root
    ]
    if len(roots) > 1:
        raise errors.UnknownVersion(
            f"mlflow:{name} names {len(roots)} versions: {', '.join(f'root:{root[:12]}' for root in roots)}.",
            hint="compare by root:PREFIX",
        )
    splits = sorted({str(source["split"]) for source in sources if source.get("split")})
    revs = {source.get("rev") for source in sources}
    rev = next(iter(revs)) if len(revs) == 1 else None
    return Run(
        rev, roots[0] if roots else None, ", ".join(splits) or None, told.metrics, _predictions(name, told, access)
    )


def _source(one: Input) -> dict[str, Any]:
    """What `dsv.mlflow.log_input` wrote; where only the digest is left, the root begins with it."""
    try:
        found = json.loads(one.source)
    except ValueError:
        found = {}
    return {"root": one.digest, **(found if isinstance(found, dict) else {})}


def _predictions(name: str, told: Told, access: Access) -> Predictions | None:
    path = told.tags.get(PREDICTIONS_TAG)
    if path is None:
        path = next((found for found in access.artifacts(name) if found in PREDICTIONS), None)
    return None if path is None else Predictions(path, None, lambda: access.artifact(name, path))


def _access(root: Path) -> Access:
    uri = os.environ.get("MLFLOW_TRACKING_URI") or _local(root)
    kind = "http" if uri.startswith(("http://", "https://")) else "client"
    try:
        return cast(Access, importlib.import_module(f"dsv.trackers.mlflow_{kind}").connect(uri))
    except ModuleNotFoundError as error:
        raise errors.DsvError(
            f"Runs in {uri} are read with a package that is missing: {error.name}.", hint="pip install 'dsv[mlflow]'"
        ) from error


def _local(root: Path) -> str:
    # Asked of the client, a database that is not there would be made.
    if (root / "mlflow.db").is_file():
        return f"sqlite:///{root / 'mlflow.db'}"
    if (root / "mlruns").is_dir():
        return (root / "mlruns").as_uri()
    raise errors.DsvError(
        "Where MLflow keeps its runs is not known: the project has neither mlflow.db nor mlruns/.",
        hint="export MLFLOW_TRACKING_URI=http://HOST:PORT",
    )
