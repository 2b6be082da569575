"""All trackers, by the prefix that names them (`mlflow:RUN_ID`). One line each; the module is imported when it is asked for."""

from __future__ import annotations

import importlib
from typing import cast

from dsv.trackers.base import Place, Run, Tracker

TRACKERS = {
    "run": "dsv.trackers.committed",
    "mlflow": "dsv.trackers.mlflow",
    "exp": "dsv.trackers.experiment",
    "dvclive": "dsv.trackers.dvclive",
}


def names_run(rev: str) -> bool:
    """Whether a REV is a run of a tracker."""
    return rev.partition(":")[0] in TRACKERS and ":" in rev


def read(rev: str, place: Place) -> Run:
    """The run that a REV names."""
    prefix, _, name = rev.partition(":")
    return _tracker(prefix).read(name, place)


def link(rev: str) -> str:
    """How the run that a REV names is linked to a version."""
    prefix, _, name = rev.partition(":")
    return _tracker(prefix).LINK.format(name=name)


def _tracker(prefix: str) -> Tracker:
    return cast(Tracker, importlib.import_module(TRACKERS[prefix]))
