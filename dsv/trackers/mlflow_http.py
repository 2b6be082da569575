"""A tracking server of MLflow, read over its REST API: needs no package, and none of its second of start-up."""

from __future__ import annotations

import base64
import json
import os
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from dsv import errors
from dsv.trackers.mlflow import CONTEXT, Input, Told

SECONDS = 30


class Server(NamedTuple):
    """A server by its address."""

    uri: str

    def run(self, run_id: str) -> Told:
        """The run; UnknownVersion where there is none."""
        found = self._json("api/2.0/mlflow/runs/get", run_id)["run"]
        data, inputs = found.get("data", {}), found.get("inputs", {}).get("dataset_inputs", [])
        return Told(
            # What is no number to JSON comes as text: "NaN", "Infinity".
            {metric["key"]: float(metric.get("value", 0)) for metric in data.get("metrics", [])},
            _pairs(data.get("tags", [])),
            tuple(_input(one) for one in inputs),
        )

    def artifacts(self, run_id: str) -> list[str]:
        """The names of the files at the top of the run's artifacts."""
        found = self._json("api/2.0/mlflow/artifacts/list", run_id).get("files", [])
        return [file["path"] for file in found if not file.get("is_dir")]

    def artifact(self, run_id: str, path: str) -> bytes | None:
        """The bytes of an artifact."""
        return self._get("get-artifact", {"run_id": run_id, "path": path})

    def _json(self, path: str, run_id: str) -> dict[str, Any]:
        data = self._get(path, {"run_id": run_id})
        try:
            found = json.loads(data)
        except ValueError as error:
            raise errors.DsvError(
                f"{self.uri} is no tracking server of MLflow.", hint="check MLFLOW_TRACKING_URI"
            ) from error
        return dict(found)

    def _get(self, path: str, query: dict[str, str]) -> bytes:
        request = Request(f"{self.uri}/{path}?{urlencode(query)}", headers=_credentials())  # noqa: S310  http(s) only: see connect
        try:
            with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return bytes(answer.read())
        except HTTPError as error:
            raise _refused(self.uri, error) from error
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise errors.DsvError(
                f"The MLflow server {self.uri} cannot be reached: {reason}.", hint="check MLFLOW_TRACKING_URI"
            ) from error


def connect(uri: str) -> Server:
    """The server at an address of http or https."""
    return Server(uri.rstrip("/"))


def _credentials() -> dict[str, str]:
    """The variables by which MLflow's own client signs in."""
    token, user = os.environ.get("MLFLOW_TRACKING_TOKEN"), os.environ.get("MLFLOW_TRACKING_USERNAME")
    if user:
        pair = f"{user}:{os.environ.get('MLFLOW_TRACKING_PASSWORD', '')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {"Authorization": f"Bearer {token}"} if token else {}


def _refused(uri: str, error: HTTPError) -> errors.DsvError:
    try:
        told = json.loads(error.read()).get("message", error.reason)
    except (ValueError, AttributeError):
        told = error.reason
    if error.code == 404:
        return errors.UnknownVersion(f"MLflow at {uri}: {told}", hint="check the run id and MLFLOW_TRACKING_URI")
    hint = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
    return errors.DsvError(f"MLflow at {uri}: {told}", hint=hint if error.code in (401, 403) else None)


def _pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["key"]: tag.get("value", "") for tag in tags}


def _input(one: dict[str, Any]) -> Input:
    about, tags = one.get("dataset", {}), _pairs(one.get("tags", []))
    name, digest, kind, source = (str(about.get(key, "")) for key in ("name", "digest", "source_type", "source"))
    return Input(name, digest, kind, source, tags.get(CONTEXT))
