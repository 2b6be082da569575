"""The life of one record, in the last version and over fifty."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from bench import changes
from bench.figures import Bench, Figure
from bench.generate import save
from bench.project import Project, start, write_params

VERSIONS = 50
# So many records are appended, fixed or voted on again by one version.
FEW = 20


def lives(bench: Bench) -> list[Figure]:
    """Fifty versions, each of twenty records: appended, with another text, and voted on again in turn. The last version
    asked about a record, and all of them about one that many changed and one that none did."""
    project = start(bench.folder / "lives")
    write_params(project)
    project.add(bench.data / "records", "sensors", "b1")
    project.add(bench.data / "votes", "votes", "b1")
    project.dsv("run")
    project.commit("first")
    texts = changes.fixed(bench.data, bench.scratch("lives-fixes"), bench.rows // FEW, 0)
    for version in range(1, VERSIONS):
        _delivered(project, bench, texts, version)
        project.dsv("run")
        project.commit(f"version {version + 1}")
    often = _kept(project, texts["uid"].to_list())
    never = _kept(project, [uid + 1 for uid in texts["uid"]])
    return [
        Figure("dsv why, whole process", _best(project, never), "s", 0.5),
        Figure(f"dsv why of a record that was delivered {_copies(project, often)} times", _best(project, often), "s", 0.5),
        Figure(f"dsv why --history, {_moments(project, often)} of {VERSIONS} versions", _best(project, often, "--history"), "s", 2.0),
        Figure(f"dsv why --history, {_moments(project, never)} of {VERSIONS} versions", _best(project, never, "--history"), "s", 2.0),
    ]  # fmt: skip


def _delivered(project: Project, bench: Bench, texts: pl.DataFrame, version: int) -> None:
    folder: Path = bench.scratch("lives-version")
    name = f"b{version + 1}"
    if version % 3 == 0:
        records, votes = changes.appended(folder, bench.rows, FEW, FEW * version)
        project.add(records, "sensors", name)
        project.add(votes, "votes", name)
    elif version % 3 == 1:
        save(texts.with_columns(pl.col("text") + f" again {version}"), folder / "fixes.csv")
        project.add(folder, "sensors", name)
    else:
        project.add(changes.relabelled(bench.data, folder, bench.rows // FEW, version), "votes", name)


def _copies(project: Project, name: str) -> int:
    return 1 + len(_json(project, name)["earlier"])


def _kept(project: Project, uids: list[int]) -> str:
    """The first of the records that the data set has."""
    ids = (f"sensors/{uid}" for uid in uids)
    return next(name for name in ids if _json(project, name)["state"] == "kept")


def _json(project: Project, *args: str) -> dict[str, object]:
    (found,) = json.loads(project.dsv("why", *args, "--format", "json").out).values()
    return dict(found)


def _moments(project: Project, record: str) -> int:
    found = _json(project, record, "--history")["moments"]
    assert isinstance(found, list)
    return len(found)


def _best(project: Project, *args: str) -> float:
    return min(project.dsv("why", *args).wall for _ in range(5))
