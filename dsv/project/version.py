"""Versions: what a revision (or the workspace) pins, read from git and the cache without a checkout."""

from __future__ import annotations

import importlib
import itertools
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsv import errors
from dsv.dvcio import lock
from dsv.project import reports
from dsv.project.layout import INGEST, LOCK, MANIFEST, PARAMS, PIPELINE, SIGNATURE, Layout, report, stage_out
from dsv.record import yaml12
from dsv.trackers import registry as trackers
from dsv.trackers.base import Place
from dsv.vcs import blob, history, revision, tag

if TYPE_CHECKING:
    from dsv.store.objects import Store
    from dsv.trackers.base import Run

WORKSPACE = "."
AUDIT = "audit"
# What says how a version was made.
MADE = (PARAMS, SIGNATURE, LOCK, PIPELINE, report(AUDIT))


@dataclass(frozen=True)
class Version:
    """One version of a project's data set. `sha` is None for the workspace: the lock as the last run left it."""

    layout: Layout
    rev: str
    sha: str | None

    @cached_property
    def store(self) -> Store:
        """Where the objects are. Loaded when it is asked for: `log`, `show` and `status` read reports only."""
        store: Store = importlib.import_module("dsv.project.cache").store(self.layout, self.rev)
        return store

    def text(self, path: str) -> bytes | None:
        """A committed file of the version (of the workspace: the file that lies there)."""
        if self.sha is None:
            file = self.layout.root / path
            return file.read_bytes() if file.is_file() else None
        if path not in self._texts:
            self.read([path])
        return self._texts[path]

    def ahead(self) -> None:
        """Reads what says how the version was made, with one call of git."""
        self.read([path for path in MADE if path not in self._texts])

    def read(self, paths: Sequence[str]) -> None:
        """Reads committed files with one call of git; `text` has them then."""
        if self.sha is not None and paths:
            found = blob.read_files(self.layout.root, [(self.sha, path) for path in paths])
            self._texts.update(zip(paths, found, strict=True))

    @cached_property
    def _texts(self) -> dict[str, bytes | None]:
        return {}

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """params.yaml as it is written."""
        return yaml12.mapping(self.text(PARAMS) or b"", self._called(PARAMS), "edit params.yaml")

    @property
    def sources(self) -> Mapping[str, Mapping[str, Any]]:
        """The sources of params.yaml by name, as they are written; what is no such thing is none."""
        found = self.params.get("sources")
        named = found.items() if isinstance(found, dict) else ()
        return {str(name): source for name, source in named if isinstance(source, dict)}

    @cached_property
    def signature(self) -> Mapping[str, Any]:
        """.dsv/sig.yaml: revisions, plugin code and params hashes per stage."""
        return yaml12.mapping(self.text(SIGNATURE) or b"", self._called(SIGNATURE), "dsv run")

    @cached_property
    def locked(self) -> Mapping[str, lock.Stage]:
        """The stages that dvc.lock pins."""
        found = self.text(LOCK)
        if found is None:
            raise errors.UnknownVersion(f"{self.rev} has no dvc.lock: nothing was run there.", hint="dsv run")
        return lock.parse(found, self.text(PIPELINE) or b"")

    @cached_property
    def outs(self) -> Mapping[str, str]:
        """Output path → oid of its directory object."""
        return {out.path: out.oid for stage in self.locked.values() for out in stage.outs if out.oid.endswith(".dir")}

    def check(self) -> None:
        """Refuses the workspace where the last run ended on its way: new records under an old root are no version."""
        stale = [] if self.sha is not None or self.text(LOCK) is None else list(lock.rebuilt(self.locked))
        if stale:
            raise errors.DsvError(f"The last run did not come to its end: {', '.join(stale)} {'is' if len(stale) == 1 else 'are'} as before it.", hint="dsv run")

    def report(self, stage: str) -> dict[str, Any] | None:
        """The report of a stage, None where the version has none."""
        found = self.text(report(stage))
        return None if found is None else reports.load(found, self._called(report(stage)))

    def _called(self, path: str) -> str:
        return path if self.sha is None else f"{path} of {self.rev}"

    def tree(self, out: str) -> Mapping[str, str]:
        """Relative name → md5 of the files of an output; empty where the version has no such output."""
        trees = self._trees
        if out not in trees:
            oid = self.outs.get(out)
            trees[out] = self._read_tree(out, oid) if oid else {}
        return trees[out]

    @cached_property
    def _trees(self) -> dict[str, Mapping[str, str]]:
        return {}

    def _read_tree(self, out: str, oid: str) -> Mapping[str, str]:
        self._require(out, oid)
        return self.store.tree(oid)

    def _require(self, out: str, oid: str) -> None:
        if not self.store.has(oid):
            unasked = self.bring([oid])
            if not self.store.has(oid):
                raise self.lost(unasked, out)

    def bring(self, oids: Iterable[str]) -> str | None:
        """Fetches what the cache lacks of some objects from the remote; why that was not asked, empty where there is none."""
        lacking = [oid for oid in oids if not self.store.has(oid)]
        if lacking and self.sha is None:
            lacking = self._here(lacking)
        if not lacking:
            return None
        # Asking a remote needs DVC, which is slow to import.
        told: str | None = importlib.import_module("dsv.project.fetch").bring(self.layout, self.store, lacking)
        return told

    def _here(self, oids: Sequence[str]) -> list[str]:
        """Takes objects that the workspace has into the cache; those that are lacking still. Each output is looked at once."""
        outs = {path: oid for path, oid in self.outs.items() if path not in self._looked}
        self._looked.update(importlib.import_module("dsv.project.here").take(self.store, self.layout.root, outs, oids))
        return [oid for oid in oids if not self.store.has(oid)]

    @cached_property
    def _looked(self) -> set[str]:
        return set()

    def need(self, wanted: Mapping[str, Iterable[str] | None]) -> None:
        """Fetches at once what the cache lacks of the named files of outputs (all where None); what the remote lacks too is told when it is read."""
        found: list[str] = []
        for out, names in wanted.items():
            tree = self.tree(out)
            found += tree.values() if names is None else [tree[name] for name in names if name in tree]
        unasked = self.bring(found)
        if unasked:
            raise self.lost(unasked)

    def listed(self, stages: Iterable[str]) -> None:
        """Fetches at once the listings and the manifests of stages that the cache lacks."""
        outs = [out for out in map(stage_out, stages) if out in self.outs]
        unasked = self.bring(self.outs[out] for out in outs)
        if unasked:
            raise self.lost(unasked)
        self.need(dict.fromkeys(outs, (MANIFEST,)))

    def lost(self, unasked: str | None = "", out: str | None = None) -> errors.DsvError:
        """The error that tells what the cache lacks of the version: of one output where the remote was asked (None) and lacks it too."""
        missing = importlib.import_module("dsv.project.missing")
        wanted = {out: self.outs[out]} if unasked is None and out is not None else self.outs
        error: errors.DsvError = missing.error(self, self.outs, missing.absent(self.store, wanted), unasked)
        return error

    def open(self, out: str, relative: str) -> bytes | None:
        """The verified bytes of a file of an output; None where the version has no such file."""
        oid = self.tree(out).get(relative)
        if oid is None:
            return None
        self._require(out, oid)
        return self.store.read(oid)

    def manifest(self, stage: str = INGEST) -> bytes | None:
        """The manifest of a stage."""
        return self.open(stage_out(stage), MANIFEST)

    @property
    def name(self) -> str:
        """How to name the version in a command; empty for what is not committed."""
        return shlex.quote(self.rev) if self.sha else ""

    def objects(self) -> set[str]:
        """The oids of all objects of the version, directory objects among them."""
        found = set()
        for path, oid in self.outs.items():
            found |= {oid, *self.tree(path).values()}
        return found


def ahead(versions: Sequence[Version]) -> None:
    """Reads what says how committed versions of one project were made, with one call of git for all of them."""
    wanted = [(version.sha or "", path) for version in versions for path in MADE]
    found = iter(blob.read_files(versions[0].layout.root, wanted) if wanted else ())
    for version in versions:
        version._texts.update(zip(MADE, itertools.islice(found, len(MADE)), strict=True))


@dataclass(frozen=True)
class Staged(Version):
    """What git's index holds, as a version: what a commit would make. `index` is another index than the repository's own."""

    index: Path | None = None

    def read(self, paths: Sequence[str]) -> None:
        found = blob.read_files(self.layout.root, [("", path) for path in paths], self.index)
        self._texts.update(zip(paths, found, strict=True))


def staged(layout: Layout, index: Path | None = None) -> Staged:
    """The version in git's index."""
    return Staged(layout, "the index", "", index)


def find(layout: Layout, rev: str) -> Version:
    """The version that `rev` names: `.`, a tag or its short form, `root:PREFIX`, a run (`run:NAME`, `mlflow:ID`, …), or anything git knows."""
    if rev == WORKSPACE:
        return Version(layout, rev, None)
    if rev.startswith("root:"):
        return _by_root(layout, rev)
    if trackers.names_run(rev):
        return _of_run(layout, rev)
    # params.yaml is read only where it must be: in a merge it may be in conflict.
    sha = revision.find(layout.root, rev) or revision.find(layout.root, f"{dataset(layout)}@{rev}")
    return Version(layout, rev, sha or revision.resolve(layout.root, rev))


def dataset(layout: Layout) -> str:
    """The name of the data set of the workspace."""
    return str(yaml12.mapping(layout.params.read_bytes(), PARAMS, "edit params.yaml").get("dataset", ""))


def run(layout: Layout, rev: str) -> Run | None:
    """The training run that `rev` names; None where it names none."""
    return (
        trackers.read(rev, Place(layout.root, lambda name: find(layout, name).sha)) if trackers.names_run(rev) else None
    )


def _of_run(layout: Layout, rev: str) -> Version:
    """The version that a run used. Its commit may be gone (rebased, squashed); then another of the same root is as good."""
    told = trackers.read(rev, Place(layout.root, lambda name: find(layout, name).sha))
    if told.rev is None and told.root is None:
        raise errors.UnknownVersion(f"{rev} names no version of the data set.", hint=trackers.link(rev))
    if told.root is None:
        return replace(find(layout, told.rev or ""), rev=rev)
    sha = revision.find(layout.root, told.rev) if told.rev else None
    if sha is None or not (root(Version(layout, rev, sha)) or "").startswith(told.root):
        sha = _with_root(layout, told.root)
    if sha is None:
        raise errors.UnknownVersion(
            f"{rev} used a version that this repository does not have (root {told.root[:12]}).",
            hint="git fetch --all --tags",
        )
    return Version(layout, rev, sha)


def root(version: Version) -> str | None:
    """The root of the version's data set; None where it has no report."""
    found = (version.report(AUDIT) or {}).get("dataset", {}).get("root")
    return None if found is None else str(found)


def _by_root(layout: Layout, rev: str) -> Version:
    prefix = rev.removeprefix("root:")
    sha = _with_root(layout, prefix) if prefix else None
    if sha is None:
        raise errors.UnknownVersion(f"No committed version has a root that begins with {prefix}", hint="dsv log")
    return Version(layout, rev, sha)


def _with_root(layout: Layout, prefix: str) -> str | None:
    """The commit of a version whose root begins so: a tagged one first, else the newest."""
    from_tags = [t.target for t in tag.tags(layout.root)]
    commits = [c.sha for c in history_of(layout)]
    known = dict.fromkeys([*from_tags, *commits])
    return next((sha for sha in known if (root(Version(layout, sha, sha)) or "").startswith(prefix)), None)


def history_of(layout: Layout, rev: str = "HEAD") -> list[history.Commit]:
    """The commits that changed dvc.lock, newest first."""
    if revision.head(layout.root) is None:
        return []
    return history.log(layout.root, rev, paths=[LOCK])
