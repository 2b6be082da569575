"""Links runs of MLflow to versions: `dsv.mlflow.log_input(run, "v1.2.0", split="train")`, then `dsv diff mlflow:A mlflow:B`.

Needs mlflow or mlflow-skinny (extra `mlflow`), which is imported when it is used.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from dsv import errors

# MLflow refuses longer digests; the whole root is in the input's source and in a tag.
DIGEST = 36


def log_input(run: Any, rev: str | None = None, *, split: str | None = None, path: str | Path = ".") -> str:
    """Names a version of the project at `path` as an input of a run (a run of MLflow or its id); the version's root.

    Without `rev` it is HEAD, which must have the data of the workspace.
    Where the run is kept is MLflow's setting (`mlflow.set_tracking_uri`, MLFLOW_TRACKING_URI).
    """
    entities, tracking = (_module(name) for name in ("mlflow.entities", "mlflow.tracking"))
    version = importlib.import_module("dsv.ops.named").named(Path(path), rev, split)
    source = {"root": version.root, "rev": version.sha, "version": version.tag, "split": split}
    data = entities.Dataset(
        # MLflow keeps one source and profile for a name and digest, whichever run came first: a split has a name of its own.
        name=version.dataset if split is None else f"{version.dataset}/{split}",
        digest=version.root[:DIGEST],
        source_type="dsv",
        source=json.dumps({key: value for key, value in source.items() if value is not None}, sort_keys=True),
        profile=json.dumps({"num_rows": version.records}),
    )
    context = entities.InputTag("mlflow.data.context", split or "training")
    client, run_id = tracking.MlflowClient(), run if isinstance(run, str) else run.info.run_id
    client.log_inputs(run_id, [entities.DatasetInput(data, [context])])
    client.set_tag(run_id, "dsv.root", version.root)
    client.set_tag(run_id, "dsv.version", version.tag or version.sha)
    return str(version.root)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise errors.DsvError(f"A package is missing: {error.name}.", hint="pip install 'dsv[mlflow]'") from error
