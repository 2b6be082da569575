"""What is out of date and why, what is uncommitted, what is not pushed. Reads git, the lock and the signatures; never starts DVC."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dsv.dvcio import dotdvc, lock
from dsv.dvcio.lock import Stage
from dsv.ops.tracked import uncommitted
from dsv.ops.unpushed import unpushed
from dsv.project import delivered
from dsv.project.layout import INGEST, LOCK, SIGNATURE, Layout, stage_out
from dsv.project.version import WORKSPACE, Version, find
from dsv.record.changes import changes
from dsv.record.typedhash import same
from dsv.vcs.history import Commit

# So many files of deliveries are looked at each time, whether they changed.
LOOKED = 5_000


class StageStatus(NamedTuple):
    """One stage: `fresh`, `stale` or `new`, and because of what."""

    stage: str
    state: str
    because: list[dict[str, Any]]


class Status(NamedTuple):
    """The state of the workspace. `unpushed`: the versions that the remote lacks, newest first; None where there is no remote.
    `unseen`: deliveries of so many files that nobody looked whether one was edited."""

    stages: list[StageStatus]
    uncommitted: list[str]
    unpushed: list[Commit] | None
    unseen: list[str]

    @property
    def clean(self) -> bool:
        return not self.uncommitted and all(s.state == "fresh" for s in self.stages)

    def json(self) -> dict[str, Any]:
        stages = [s._asdict() for s in self.stages]
        left = None if self.unpushed is None else len(self.unpushed)
        told = {"clean": self.clean, "stages": stages, "uncommitted": self.uncommitted, "unpushed": left}
        return told | ({"unseen": self.unseen} if self.unseen else {})


def status(layout: Layout, *, every: bool = False) -> Status:
    """What `dsv run` would build, what `dsv commit` would take, and what `dsv push` would send.

    Whether a file of a delivery was edited is looked at where they are no more than LOOKED, or if `every` one is to be.
    """
    here = find(layout, WORKSPACE)
    edited, unseen = _edited(here, None if every else LOOKED)
    found = states(here, codes=True, edited=edited)
    return Status(found, uncommitted(layout), unpushed(layout), unseen)


def states(here: Version, *, codes: bool, edited: Sequence[dict[str, Any]] = ()) -> list[StageStatus]:
    """Which stages of a version are as its params, signatures and deliveries want them, by what its lock says of the last run.

    `codes` tells to look at the code of stages that dsv does not ship, as it is now; `edited` are deliveries that were.
    """
    locked = here.locked if here.text(LOCK) is not None else {}
    more = _codes(here.layout, locked) if codes else {}
    return _stages(here, locked, more | ({INGEST: [*more.get(INGEST, []), *edited]} if edited else {}))


def _stages(here: Version, locked: Mapping[str, Stage], more: Mapping[str, list[dict[str, Any]]]) -> list[StageStatus]:
    params = {str(name): section for name, section in here.params.items()}
    sections = [name for name in params if name not in ("dataset", "sources")]
    names = [INGEST, *(n for n in sections if n != "audit"), "audit"]
    found, stale, rebuilt = [], False, lock.rebuilt(locked)
    for name in names:
        if name not in locked:
            found.append(StageStatus(name, "new", [{"kind": "stage", "name": name, "from": None, "to": "added"}]))
            stale = True
            continue
        section = "sources" if name == INGEST else name
        because = _params(locked[name].params.get("params.yaml", {}).get(section), params.get(section), section)
        because += more.get(name, [])
        signed = locked[name].params.get(SIGNATURE, {}).get(name) or {}
        because += _written(here, locked[name])
        if name == INGEST:
            because += _order("sources", signed.get("sources"), list(here.sources))
            because += _data(here, locked)
        elif stale:
            because.append({"kind": "data", "name": "an earlier stage", "from": None, "to": None})
        else:
            because += _order("after", signed.get("after"), _deciding(locked, names[: names.index(name)]))
            # A merge of two branches puts stages together that were not built on each other.
            because += [{"kind": "data", "name": path, "from": was, "to": now} for path, was, now in rebuilt.get(name, [])]
        stale = stale or bool(because)
        found.append(StageStatus(name, "stale" if because else "fresh", because))
    gone = [name for name, stage in locked.items() if name not in names and stage.cmd.startswith("dsv x ")]
    return found + [
        StageStatus(name, "stale", [{"kind": "stage", "name": name, "from": "there", "to": None}]) for name in gone
    ]


def _params(old: Any, new: Any, section: str) -> list[dict[str, Any]]:
    # DVC is told of no empty section: it says as much as none.
    if same(old or None, new or None):
        return []
    return [{"kind": "param", "name": path, "from": was, "to": now} for path, was, now in changes(old, new, section)]


def _codes(layout: Layout, locked: Mapping[str, Stage]) -> dict[str, list[dict[str, Any]]]:
    """Stages of installed packages and of the user's own functions whose code is not what ran."""
    signed = {name: stage.params.get(SIGNATURE, {}).get(name, {}).get("code", "") for name, stage in locked.items()}
    if not any(signed.values()):
        return {}
    # Such code is known only when it is imported, and Polars with it; no other project waits for that.
    now = importlib.import_module("dsv.ops.derive").codes(layout)
    return {
        name: [{"kind": "code", "name": name, "from": was, "to": now[name]}]
        for name, was in signed.items()
        if was != now.get(name, was)
    }


def _deciding(locked: Mapping[str, Stage], names: list[str]) -> list[str]:
    """Those of the stages that decide about records: they have an output of their own."""
    return [n for n in names if stage_out(n) in {out.path for out in locked[n].outs}]


def _order(name: str, old: list[str] | None, new: list[str]) -> list[dict[str, Any]]:
    """That the names are in another order, or others; of sources, what came or went is told by the params."""
    if old is None:
        return []
    if name == "sources":
        old, new = [n for n in old if n in new], [n for n in new if n in old]
    return [] if old == new else [{"kind": "order", "name": name, "from": old, "to": new}]


def _data(here: Version, locked: Mapping[str, Stage]) -> list[dict[str, Any]]:
    """Deliveries that are not what was ingested: tracked by a .dvc file, or written by a stage of the user's own."""
    written = {out.path: out.oid for stage in locked.values() for out in stage.outs}
    found = []
    for dep in locked[INGEST].deps:
        now = written.get(dep.path) or _tracked(here, dep.path)
        if now != dep.oid:
            found.append({"kind": "data", "name": dep.path, "from": dep.oid, "to": now})
    return found


def _edited(here: Version, most: int | None) -> tuple[list[dict[str, Any]], list[str]]:
    """Deliveries whose files are no more those that were ingested, and those of too many files to look at."""
    edited, unseen, seen = [], [], 0
    for dep in here.locked[INGEST].deps if here.text(LOCK) is not None and INGEST in here.locked else ():
        folder, tracked = here.layout.root / dep.path, _dvc(here, dep.path)
        if tracked is None or tracked.oid != dep.oid or not folder.is_dir():
            continue  # told otherwise, or put back by the next run
        seen += tracked.nfiles
        if most is not None and seen > most:
            unseen.append(dep.path)
            continue
        now = delivered.digest(here.layout, folder)
        if now != dep.oid:
            edited.append({"kind": "data", "name": dep.path, "from": dep.oid, "to": now})
    return edited, unseen


def _tracked(here: Version, path: str) -> str | None:
    """The digest that the .dvc file of a delivery names."""
    found = _dvc(here, path)
    return None if found is None else found.oid


def _dvc(here: Version, path: str) -> dotdvc.Out | None:
    """The .dvc file of a delivery."""
    name = f"{path}.dvc"
    found = here.text(name)
    return None if found is None else dotdvc.load(found, name)


def _written(here: Version, stage: Stage) -> list[dict[str, Any]]:
    """What `dsv run` wrote for a stage and is no longer as it was: its signature, its report."""
    found = []
    signed = stage.params.get(SIGNATURE, {}).get(stage.name)
    if signed is not None and not same(signed, here.signature.get(stage.name)):
        found.append({"kind": "code", "name": SIGNATURE, "from": None, "to": None})
    for out in stage.outs:
        told = None if out.oid.endswith(".dir") else here.text(out.path)
        if not out.oid.endswith(".dir") and (told is None or _md5(told) != out.oid):
            found.append({"kind": "data", "name": out.path, "from": None, "to": None})
    return found


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
