"""What a version is judged by: a command that is run in it, or a figure of its reports."""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dsv import errors
from dsv.ops.build import Built
from dsv.ops.checkout import materialise
from dsv.ops.scratch import Scratch
from dsv.ops.search import BAD, GOOD, SKIP, Verdict
from dsv.ops.show import describe
from dsv.ops.stat import flat
from dsv.project.layout import LOCK, Layout, stage_out
from dsv.project.pipeline import INGEST_OUTS
from dsv.project.version import Version
from dsv.record import yaml12
from dsv.record.problem import closest
from dsv.store import files
from dsv.store.objects import Store

SKIPPED, UNUSABLE = 125, 126
SHARE = ".share"
GROUPS = ("splits.", "labels.", "dropped.", "sources.")
TAIL = 300


class Look(NamedTuple):
    """What one version was found to be; the figure or the exit status; what the command said last."""

    verdict: Verdict
    value: float | None = None
    status: int | None = None
    told: str = ""


class Check(NamedTuple):
    """A command: 0 is good, 125 cannot tell, any other status below 126 is bad. A word of it that is a file in `here` and none in the version is that file."""

    command: Sequence[str]
    here: Path

    def look(self, version: Version) -> Look:
        """Runs the command in the version, as a workspace of its own."""
        if isinstance(version, Built):
            _pin(version)
            return self._run(version.layout.root, "")
        with Scratch(version.layout, "bisect") as scratch:
            _checkout(version, scratch.folder)
            return self._run(scratch.folder, version.sha or "")

    def _run(self, folder: Path, sha: str) -> Look:
        words = [self._word(word, folder) for word in self.command]
        env = {**os.environ, "DSV_ROOT": str(folder), "DSV_REV": sha}
        try:
            done = subprocess.run(words, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)  # fmt: skip
        except OSError as error:
            raise errors.UsageError(f"The check cannot be run: {error.strerror}: {words[0]}.") from error
        told = done.stdout.decode(errors="replace").strip()[-TAIL:]
        if done.returncode < 0 or done.returncode >= UNUSABLE:
            raise errors.DsvError(
                f"The check ended with {done.returncode}, which says nothing of the data"
                + (f": {told}" if told else "."),
                hint="exit with 0 for good, 1 for bad, 125 for cannot tell",
            )
        verdict = {0: GOOD, SKIPPED: SKIP}.get(done.returncode, BAD)
        return Look(verdict, status=done.returncode, told=told)

    def _word(self, word: str, folder: Path) -> str:
        mine = self.here / word
        return str(mine) if word and mine.is_file() and not (folder / word).exists() else word


class Metric(NamedTuple):
    """A figure: bad above or below a bound; without one, where it is not what it was (`was`)."""

    name: str
    above: float | None = None
    below: float | None = None
    was: float | None = None

    def look(self, version: Version) -> Look:
        """Reads the figure from the reports of the version."""
        try:
            shown = describe(version, {})
        except errors.UnknownVersion:
            return Look(SKIP, told="no reports")
        value = figure(shown, self.name)
        if value is None:
            return Look(SKIP, told="no such figure")
        over = self.above is not None and value > self.above
        under = self.below is not None and value < self.below
        free = self.above is None and self.below is None
        other = free and self.was is not None and not math.isclose(value, self.was, rel_tol=1e-12)
        return Look(BAD if over or under or other else GOOD, value=value)


Probe = Check | Metric


def figures(shown: Mapping[str, Any]) -> dict[str, float]:
    """Every figure of a version by name: those of `diff --stat`, and what stages say of themselves (`merge.agreement`)."""
    found = {name: value for name, value in flat(dict(shown)).items() if _number(value)}
    for stage, told in shown["stages"].items():
        found |= {f"{stage}.{name}": value for name, value in _leaves(told.get("summary") or {}, "")}
        found |= {f"{stage}.{name}": told[name] for name in ("in", "kept") if _number(told.get(name))}
    return found


def figure(shown: Mapping[str, Any], name: str) -> float | None:
    """A figure by its name; `NAME.share` is its part of all records. What is counted by name and was not met is 0."""
    known = figures(shown)
    if name in known:
        return float(known[name])
    if name.endswith(SHARE):
        part, total = figure(shown, name.removesuffix(SHARE)), known.get("records")
        return None if part is None else part / total if total else 0.0
    return 0.0 if name.startswith(GROUPS) else None


def check_name(shown: Mapping[str, Any], ends: Sequence[Mapping[str, Any]], name: str) -> None:
    """Refuses a figure that neither end of the path has."""
    known = {known for one in (shown, *ends) for known in figures(one)}
    bare = name.removesuffix(SHARE)
    if name not in known and bare not in known:
        near = closest(bare, known)
        listed = ", ".join(sorted(known)[:12])
        raise errors.UsageError(
            f"No version has a figure {name!r}; " + (f"did you mean {near}?" if near else f"there are {listed} …")
        )


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _leaves(tree: Any, prefix: str) -> list[tuple[str, float]]:
    if isinstance(tree, Mapping):
        return [leaf for name, item in tree.items() for leaf in _leaves(item, f"{prefix}.{name}" if prefix else name)]
    return [(prefix, tree)] if _number(tree) else []


def _checkout(version: Version, folder: Path) -> None:
    """The version as a workspace that reads the objects of the project; without the deliveries."""
    materialise(version, folder, only_version=False, raw=False)
    _share(version.layout, folder, version.store.folder)


def _share(project: Layout, folder: Path, cache: Path) -> None:
    files.write(folder / ".dvc" / "config.local", f"[cache]\n    dir = {cache}\n".encode())
    here = Layout(folder)
    here.cache.parent.mkdir(exist_ok=True)
    if not here.cache.exists():
        project.cache.mkdir(parents=True, exist_ok=True)
        here.cache.symlink_to(project.cache.resolve())


def _pin(built: Built) -> None:
    """Makes what was built a version to whoever looks from within: a lock, and a cache that holds what is new."""
    folder = built.layout.root
    store = Store(folder / ".dvc" / "cache", ("hardlink", "copy"))
    for oid in built.base.objects():
        path = store.path(oid)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(built.store.path(oid))
    stages = {}
    for name in built.only:
        outs = INGEST_OUTS if name == "ingest" else (stage_out(name),)
        oids = {out: _oid(built, store, out) for out in outs if (folder / out).is_dir()}
        pinned = [{"path": out, "hash": "md5", "md5": oid} for out, oid in oids.items()]
        stages[name] = {"cmd": f"dsv x {name}", "outs": pinned}
    files.write(folder / LOCK, yaml12.dump({"schema": "2.0", "stages": stages}).encode())
    _share(built.layout, folder, store.folder)


def _oid(built: Built, store: Store, out: str) -> str:
    return built.outs[out] if built.outs.get(out) else store.add_folder(built.layout.root / out).oid
