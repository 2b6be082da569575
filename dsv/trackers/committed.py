"""Runs recorded in the project, a file each: `run:NAME` is runs/NAME.yaml. `dsv runs add` writes them."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsv import errors
from dsv.record import yaml12
from dsv.trackers.base import Place, Predictions, Run
from dsv.vcs import blob, history, revision

LINK = "add `root:` or `rev:` of a version (dsv log) to runs/{name}.yaml"
FOLDER = "runs"
NAME = re.compile(r"[A-Za-z0-9_](?:\.?[A-Za-z0-9_-])*\Z")
DIGEST = re.compile(r"[0-9a-f]{8,64}\Z")


def path(name: str) -> str:
    """The file of a run, relative to the project."""
    if not NAME.match(name):
        raise errors.UsageError(f"{name!r} cannot name a run; use letters, digits, `-`, `_` and single dots.")
    return f"{FOLDER}/{name}.yaml"


def names(root: Path) -> list[str]:
    """The runs of the project, sorted."""
    return sorted(file.stem for file in (root / FOLDER).glob("*.yaml") if NAME.match(file.stem))


def read(name: str, place: Place) -> Run:
    """The run that runs/NAME.yaml records."""
    told = record(name, place.root)
    where = path(name)
    return Run(
        _hex(told, "rev", where),
        _hex(told, "root", where),
        None if told.get("split") is None else str(told["split"]),
        _metrics(told, where),
        _predictions(told, where, place.root),
    )


def record(name: str, root: Path) -> dict[str, Any]:
    """What the file of a run says."""
    file = root / path(name)
    if not file.is_file():
        near = difflib.get_close_matches(name, names(root), n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(f'run:{n}' for n in near)}?" if near else "dsv runs list"
        raise errors.UnknownVersion(f"There is no run {name!r} in {FOLDER}/.", hint=hint)
    return yaml12.mapping(file.read_bytes(), path(name), f"mend {path(name)}, or remove it and add the run again")


def _hex(told: Mapping[str, Any], key: str, where: str) -> str | None:
    value = told.get(key)
    if value is not None and not (isinstance(value, str) and DIGEST.match(value)):
        raise errors.DsvError(f"{where}: `{key}` is {value!r}; a whole hash in quotes is needed.", hint="dsv log")
    return value


def _metrics(told: Mapping[str, Any], where: str) -> dict[str, float]:
    found = told.get("metrics") or {}
    if not isinstance(found, dict) or not all(isinstance(v, int | float) for v in found.values()):
        raise errors.DsvError(f"{where}: `metrics` is no mapping of numbers.", hint=f"mend {where}")
    return {str(name): value for name, value in found.items()}


def _predictions(told: Mapping[str, Any], where: str, root: Path) -> Predictions | None:
    found = told.get("predictions")
    if found is None:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("path"), str) or not isinstance(found.get("md5"), str):
        raise errors.DsvError(f"{where}: `predictions` needs `path` and `md5`.", hint=f"mend {where}")
    return Predictions(found["path"], found["md5"], lambda: _bytes(root, where, found["path"], found["md5"]))


def _bytes(root: Path, where: str, name: str, md5: str) -> bytes | None:
    """The predictions as they were recorded: the file of the workspace, else of the commit that recorded the run."""
    file = root / name
    candidates = [file.read_bytes()] if file.is_file() else []
    if not any(_md5(data) == md5 for data in candidates) and revision.head(root) is not None:
        commits = history.log(root, paths=[where])
        candidates += [data for data in blob.read_files(root, [(c.sha, name) for c in commits]) if data is not None]
    return next((data for data in candidates if _md5(data) == md5), None)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
