"""Where things lie in a project (DESIGN: a project on disk). The only place that knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dsv import errors

PARAMS, PIPELINE, LOCK, SIGNATURE = "params.yaml", "dvc.yaml", "dvc.lock", ".dsv/sig.yaml"
INGEST = "ingest"
MANIFEST = "manifest.json"
BASE = {"records": "data/records", "media": "data/records", "annotations": "data/annotations"}
ORIGIN, QUARANTINE = "data/origin", "data/quarantine"


@dataclass(frozen=True)
class Layout:
    """The paths of the project whose params.yaml lies in `root`."""

    root: Path

    @property
    def params(self) -> Path:
        return self.root / PARAMS

    @property
    def signature(self) -> Path:
        return self.root / SIGNATURE

    @property
    def cache(self) -> Path:
        """Derived, local, deletable: what `prepare` returned, hashes of records, sums."""
        return self.root / ".dsv" / "cache"

    @property
    def temporary(self) -> Path:
        return self.root / ".dsv" / "tmp"

    def raw(self, source: str, batch: str) -> Path:
        return self.root / "data" / "raw" / source / batch

    def base(self, kind: str, relative: str) -> Path:
        return self.root / BASE[kind] / relative

    def origin(self, relative: str) -> Path:
        return self.root / ORIGIN / relative

    def quarantine(self, source: str, batch: str) -> Path:
        return self.root / QUARANTINE / source / f"{batch}.parquet"

    def decisions(self, stage: str) -> Path:
        return self.root / stage_out(stage)

    def open(self, out: str, relative: str) -> Path | None:
        """The file of an output (`data/…`), None where there is none."""
        path = self.root / out / relative
        return path if path.exists() else None

    def manifest(self, stage: str) -> Path:
        return self.decisions(stage) / MANIFEST

    def report(self, stage: str) -> Path:
        return self.root / report(stage)


class Files(Protocol):
    """Where the outputs of one version are read: the workspace, or the cache."""

    def open(self, out: str, relative: str) -> Path | bytes | None:
        """A file of an output, None where the version has none."""


def stage_out(stage: str) -> str:
    """The folder of a stage's decisions, relative to the project."""
    return f"data/{stage}"


def report(stage: str) -> str:
    """The report of a stage, relative to the project."""
    return f"reports/{stage}.json"


def find(start: Path) -> Layout:
    """The project that `start` lies in: the nearest folder upwards with params.yaml and .dsv."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / PARAMS).is_file() and (folder / ".dsv").is_dir():
            return Layout(folder)
    raise errors.NotAProject(f"No dsv project in {start} or above.", hint="dsv init")
