"""dvc.lock, read without DVC: what each stage of the pipeline pins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from dsv import errors
from dsv.record import yaml12

FILE = "dvc.lock"
# As DVC writes the lock, and dsv the pipeline.
_NAME = re.compile(rb"^  ([^\s:#]+):\s*$", re.MULTILINE)
_LISTING = re.compile(rb"^ +md5: ([0-9a-f]{32}\.dir)\s*$", re.MULTILINE)


class Item(NamedTuple):
    """A dependency or an output. `oid` is the md5, with `.dir` for a folder; size and nfiles None where DVC wrote none."""

    path: str
    oid: str
    size: int | None
    nfiles: int | None


class Stage(NamedTuple):
    """One locked stage; `params` maps a params file to the recorded values."""

    name: str
    cmd: str
    deps: tuple[Item, ...]
    outs: tuple[Item, ...]
    params: dict[str, dict[str, Any]]


def parse(lock: bytes, pipeline: bytes) -> dict[str, Stage]:
    """The locked stages that the pipeline (dvc.yaml) still has; DVC keeps entries of stages that are gone."""
    found, known = yaml12.mapping(lock, FILE), yaml12.mapping(pipeline, "dvc.yaml")
    stages = _stages(known, "dvc.yaml")
    for name, stage in stages.items():
        if isinstance(stage, dict) and stage.get("wdir"):
            raise errors.DsvError(f"dvc.yaml: stage {name} has a wdir; dsv does not follow it.", hint="remove wdir")
    return {name: _read(name, entry) for name, entry in _stages(found, FILE).items() if name in stages}


def gone(lock: bytes, pipeline: bytes) -> dict[str, Stage]:
    """The stages of dsv that the lock names and the pipeline has no more."""
    found, known = (_stages(yaml12.mapping(data, name), name) for data, name in ((lock, FILE), (pipeline, "dvc.yaml")))
    left = {name: entry for name, entry in found.items() if name not in known and isinstance(entry, dict)}
    return {name: _read(name, entry) for name, entry in left.items() if entry.get("cmd") == f"dsv x {name}"}


def rebuilt(stages: Mapping[str, Stage]) -> dict[str, list[tuple[str, str, str]]]:
    """Stage → the dependencies that another stage has written anew since it was built: path, what it was, what it is."""
    written = {out.path: out.oid for stage in stages.values() for out in stage.outs}
    found = {
        name: [(dep.path, dep.oid, written[dep.path]) for dep in stage.deps if written.get(dep.path, dep.oid) != dep.oid]
        for name, stage in stages.items()
    }
    return {name: deps for name, deps in found.items() if deps}


def listings(lock: bytes, pipeline: bytes) -> set[str]:
    """The oids of the folders that the lock names in stages of the pipeline (deliveries are among them), by their lines alone:
    to parse the locks of a thousand versions as YAML takes seconds."""
    known, (_, *parts) = _names(pipeline), _NAME.split(lock)
    entries = zip(parts[::2], parts[1::2], strict=True)
    return {oid.decode() for name, entry in entries if name in known for oid in _LISTING.findall(entry)}


@lru_cache
def _names(pipeline: bytes) -> set[bytes]:
    return set(_NAME.findall(pipeline))


def _stages(found: dict[str, Any], file: str) -> dict[str, Any]:
    stages = found.get("stages") or {}
    if not isinstance(stages, dict):
        raise errors.DsvError(f"{file}: `stages` is no mapping.", hint=f"git checkout -- {file}")
    return stages


def _read(name: str, entry: Any) -> Stage:
    try:
        return _stage(name, entry)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise errors.DsvError(
            f"{FILE}: the stage {name} is not as DVC writes it.", hint=f"git checkout -- {FILE}"
        ) from error


def _stage(name: str, entry: dict[str, Any]) -> Stage:
    deps, outs, params = entry.get("deps", []), entry.get("outs", []), entry.get("params", {})
    # Where writing was cut off, a name stands there without a value; DVC itself then refuses the file.
    if not all(isinstance(group, dict) for group in (params, *params.values())):
        raise TypeError(params)
    # Metrics are kept in git (`cache: false`); they are files, and their md5 is no object of the cache.
    needs, makes = (tuple(_item(name, item) for item in items) for items in (deps, outs))
    return Stage(name, str(entry.get("cmd", "")), needs, makes, params)


def _item(stage: str, item: dict[str, Any]) -> Item:
    if "files" in item:
        raise errors.DsvError(
            f"dvc.lock: {item['path']} of {stage} is on a version-aware remote; dsv does not read these."
        )
    if item.get("hash", "md5" if "md5" not in item else None) != "md5":
        raise errors.DsvError(
            f"dvc.lock: {item['path']} of {stage} was written by DVC 2.", hint="dvc commit -f, with DVC 3"
        )
    if not isinstance(item["path"], str):
        raise TypeError(item)
    return Item(item["path"], str(item.get("md5", "")), item.get("size"), item.get("nfiles"))
