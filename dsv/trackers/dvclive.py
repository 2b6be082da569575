"""Folders of DVCLive: `dvclive:FOLDER` beside the data of the workspace, `dvclive:FOLDER@REV` as they are in a version."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from dsv import errors
from dsv.trackers import metrics
from dsv.trackers.base import PREDICTIONS, Place, Predictions, Run
from dsv.vcs import blob

LINK = "name the version that was trained on: dvclive:{name}@REV"


def read(name: str, place: Place) -> Run:
    """What DVCLive left in a folder. A folder does not say what was trained on: that is the version it lies in."""
    folder, _, rev = name.partition("@")
    folder = str(PurePosixPath(folder))
    sha = place.resolve(rev) if rev else None
    files = _workspace(place.root / folder) if sha is None else _committed(place.root, sha, folder)
    if not files:
        raise errors.UnknownVersion(f"There is no folder {folder}{f' in {rev}' if rev else ''}.")
    predicted = [path for path in PREDICTIONS if path in files]
    predictions = Predictions(f"{folder}/{predicted[0]}", None, lambda: files[predicted[0]]) if predicted else None
    return Run(rev or ".", None, None, metrics.live(files, folder), predictions)


def workspace(folder: Path) -> dict[str, float]:
    """The metrics of a folder of DVCLive."""
    return metrics.live(_workspace(folder), folder.name)


def _workspace(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in paths]
    return {name: path.read_bytes() for name, path in zip(names, paths, strict=True) if _wanted(name)}


def _committed(root: Path, sha: str, folder: str) -> dict[str, bytes]:
    paths = [entry.path for entry in blob.list_tree(root, sha, f"{folder}/") if entry.kind == "blob"]
    names = {path: path.removeprefix(f"{folder}/") for path in paths}
    wanted = [path for path in paths if _wanted(names[path])]
    texts = blob.read_files(root, [(sha, path) for path in wanted])
    return {names[path]: data for path, data in zip(wanted, texts, strict=True) if data is not None}


def _wanted(name: str) -> bool:
    return name in (metrics.SUMMARY, *PREDICTIONS) or name.startswith(f"{metrics.PLOTS}/")
