"""Metrics as training programs write them: JSON or YAML, and what DVCLive leaves in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from dsv import errors
from dsv.record import yaml12

SUMMARY, PLOTS = "metrics.json", "plots/metrics"


def parse(data: bytes, name: str) -> dict[str, float]:
    """The numbers in a JSON or YAML file by dotted name; texts and lists are no metrics."""
    found: dict[str, float] = {}
    for key, value in _leaves(_load(data, name), ""):
        if key in found:
            raise errors.DsvError(f"{name}: the metric {key} is there twice.")
        found[key] = value
    return dict(sorted(found.items()))


def live(files: Mapping[str, bytes], name: str) -> dict[str, float]:
    """The last value of each metric of a folder of DVCLive: its summary, or the ends of its tables."""
    if SUMMARY in files:
        found = parse(files[SUMMARY], f"{name}/{SUMMARY}")
        found.pop("step", None)
        return found
    tables = {path: data for path, data in files.items() if path.startswith(f"{PLOTS}/") and path.endswith(".tsv")}
    if not tables:
        raise errors.DsvError(f"{name} holds neither {SUMMARY} nor {PLOTS}/*.tsv: it is no folder of DVCLive.")
    return {_dotted(path): _last(data, f"{name}/{path}") for path, data in sorted(tables.items())}


def _dotted(path: str) -> str:
    return ".".join(PurePosixPath(path).relative_to(PLOTS).with_suffix("").parts)


def _last(data: bytes, name: str) -> float:
    try:
        return float(data.decode().splitlines()[-1].split("\t")[-1])
    except (IndexError, ValueError) as error:
        raise errors.DsvError(f"{name} does not end with a number.") from error


def _load(data: bytes, name: str) -> dict[str, Any]:
    if not name.endswith(".json"):
        return yaml12.mapping(data, name, "give --metrics a JSON or YAML file")
    try:
        found = json.loads(data)
    except ValueError as error:
        raise errors.DsvError(f"{name} is not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise errors.DsvError(f"{name} is no mapping of metrics.")
    return found


def _leaves(value: Any, at: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{at}.{key}" if at else str(key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield at, value
