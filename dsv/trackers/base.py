"""What a tracker is: a module with LINK and `read`. It may use git, dvc.lock and YAML; it writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

# The names under which trackers that keep files find what a run predicted.
PREDICTIONS = ("predictions.csv", "predictions.jsonl", "predictions.parquet")


class Place(NamedTuple):
    """The project of the run, and what gives the sha of a REV (None: the workspace)."""

    root: Path
    resolve: Callable[[str], str | None]


class Predictions(NamedTuple):
    """What a run predicted: the name of the file, its md5 if known, and what reads it (None: it is not there any more)."""

    path: str
    md5: str | None
    read: Callable[[], bytes | None]


class Run(NamedTuple):
    """A training run. `rev` and `root` name the version of the data set that it used; both None where nothing was said."""

    rev: str | None
    root: str | None
    split: str | None
    metrics: Mapping[str, float]
    predictions: Predictions | None = None


class Tracker(Protocol):
    """A module of this package. LINK tells how a run is linked to a version; `{name}` in it is the run's name."""

    LINK: str

    def read(self, name: str, place: Place) -> Run:
        """The run of this name; UnknownVersion where there is none."""
