"""Training runs of the project: a committed file each, which names the version that was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dsv import errors
from dsv.ops import predictions as predicted
from dsv.ops.named import named
from dsv.project.layout import LOCK, Layout
from dsv.project.tagged import tags
from dsv.project.version import WORKSPACE, find
from dsv.record import yaml12
from dsv.store import files
from dsv.store.objects import file_md5
from dsv.trackers import committed, dvclive
from dsv.trackers import metrics as numbers
from dsv.vcs import worktree


class Added(NamedTuple):
    """A recorded run: its file, whether that is new, what it says, and whether git or DVC keeps its predictions (None: has none)."""

    path: str
    new: bool
    told: Mapping[str, Any]
    kept: bool | None


def add_run(
    layout: Layout,
    name: str,
    rev: str | None = None,
    *,
    metrics: Path | None = None,
    split: str | None = None,
    predictions: Path | None = None,
) -> Added:
    """Records a run of a version (of HEAD, if the workspace has the same data) in runs/NAME.yaml, for you to commit."""
    path = committed.path(name)
    version = named(layout.root, rev, split)
    told: dict[str, Any] = {
        "run": name,
        "version": version.tag,
        "rev": version.sha,
        "root": version.root,
        "split": split,
    }
    told = {key: value for key, value in told.items() if value is not None}
    if metrics is not None:
        told["metrics"] = _metrics(metrics)
    if predictions is not None:
        told["predictions"] = _predictions(layout, predictions)
    data = yaml12.dump(told).encode()
    target = layout.root / path
    new = not target.exists()
    if not new and target.read_bytes() != data:
        raise errors.DsvError(f"{path} records another run.", hint=f"choose another name, or remove {path}")
    files.write(target, data)
    return Added(path, new, told, None if predictions is None else _kept(layout, told["predictions"]["path"]))


def runs(layout: Layout) -> list[dict[str, Any]]:
    """What runs/*.yaml record, by name. Needs no data."""
    found = []
    known = tags(layout)
    for name in committed.names(layout.root):
        told = committed.record(name, layout.root)
        version = known.get(str(told.get("rev"))) or told.get("version")
        plain = {key: told.get(key) for key in ("rev", "root", "split")}
        found.append(
            {
                "run": name,
                "version": version,
                **plain,
                "metrics": told.get("metrics") or {},
                "predictions": told.get("predictions"),
            }
        )
    return found


def _metrics(path: Path) -> dict[str, float]:
    if not path.exists():
        raise errors.UsageError(f"There is no {path}.")
    found = dvclive.workspace(path) if path.is_dir() else numbers.parse(path.read_bytes(), path.name)
    if not found:
        raise errors.DsvError(
            f"{path} holds no number.", hint='metrics look like {"accuracy": 0.9, "f1": {"macro": 0.8}}'
        )
    return found


def _predictions(layout: Layout, path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise errors.UsageError(f"There is no file {path}.")
    if not path.resolve().is_relative_to(layout.root):
        raise errors.UsageError(
            f"{path} lies outside of the project, where others do not find it.", hint=f"copy it into {layout.root}"
        )
    frame = predicted.parse(path.read_bytes(), path.name)
    relative = path.resolve().relative_to(layout.root).as_posix()
    return {"path": relative, "md5": file_md5(path), "records": frame.height}


def _kept(layout: Layout, path: str) -> bool:
    """Whether git or DVC tracks a file, by itself or in a folder."""
    parents = [path, *(parent.as_posix() for parent in Path(path).parents if parent != Path())]
    tracked = set(worktree.ls_files(layout.root, path)) | set(worktree.ls_files(layout.root, f"{path}.dvc"))
    outs = find(layout, WORKSPACE).locked if (layout.root / LOCK).exists() else {}
    stored = {out.path for stage in outs.values() for out in stage.outs}
    return bool(tracked or any((layout.root / f"{p}.dvc").exists() or p in stored for p in parents))
