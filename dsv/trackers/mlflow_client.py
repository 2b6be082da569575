"""Every other store of MLflow (files, a database, a hosted service), read by its own client (extra `mlflow`)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from dsv import errors
from dsv.trackers.mlflow import CONTEXT, Input, Told


class Client:
    """A client of one store."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        try:
            self._client = MlflowClient(uri)
        except MlflowException as error:
            raise self._told(error) from error

    def run(self, run_id: str) -> Told:
        """The run; UnknownVersion where there is none."""
        try:
            found = self._client.get_run(run_id)
        except MlflowException as error:
            raise self._told(error) from error
        inputs = found.inputs.dataset_inputs if found.inputs else []
        return Told(
            dict(found.data.metrics),
            dict(found.data.tags),
            tuple(
                Input(
                    one.dataset.name, one.dataset.digest, one.dataset.source_type, one.dataset.source,
                    next((tag.value for tag in one.tags if tag.key == CONTEXT), None),
                )
                for one in inputs
            ),
        )  # fmt: skip

    def artifacts(self, run_id: str) -> list[str]:
        """The names of the files at the top of the run's artifacts."""
        return [file.path for file in self._client.list_artifacts(run_id) if not file.is_dir]

    def artifact(self, run_id: str, path: str) -> bytes | None:
        """The bytes of an artifact."""
        with tempfile.TemporaryDirectory() as folder:
            return Path(self._client.download_artifacts(run_id, path, folder)).read_bytes()

    def _told(self, error: MlflowException) -> errors.DsvError:
        told = f"MLflow at {self._uri}: {error.message.strip()}"
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return errors.UnknownVersion(told, hint="check the run id and MLFLOW_TRACKING_URI")
        # mlflow-skinny, which the extra brings, has no databases.
        return errors.DsvError(told, hint="pip install mlflow" if "unsupported URI" in told else None)


def connect(uri: str) -> Client:
    """A client of the store at a URI."""
    return Client(uri)
