"""DVC experiments: `exp:NAME`. An experiment is a commit, so its dvc.lock pins the data that it used."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from dsv import errors
from dsv.dvcio import lock
from dsv.record import yaml12
from dsv.trackers import metrics
from dsv.trackers.base import PREDICTIONS, Place, Predictions, Run
from dsv.vcs import blob, refs, revision

LINK = "run the experiment in a project whose dvc.lock is committed"
REF = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38}(?:[0-9a-f]{24})?)/(.+)\Z")
# Stages that dsv runs write metrics too: figures of the data, which the diff of the data tells better.
OURS = "dsv x "


def read(name: str, place: Place) -> Run:
    """The experiment of this name; of several, that of the commit checked out."""
    sha = _find(name, place.root)
    pipeline = yaml12.mapping(blob.read_file(place.root, sha, "dvc.yaml") or b"", f"dvc.yaml of exp:{name}")
    return Run(sha, None, None, _metrics(place.root, sha, pipeline), _predictions(place.root, sha))


def _find(name: str, root: Path) -> str:
    known = [(match, oid) for ref, oid in refs.below(root, "refs/exps") if (match := REF.match(ref))]
    found = {match[1] + match[2]: oid for match, oid in known if match[3] == name}
    if not found:
        near = difflib.get_close_matches(name, sorted({match[3] for match, _ in known}), n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(f'exp:{n}' for n in near)}?" if near else "dvc exp list --all-commits"
        raise errors.UnknownVersion(f"There is no experiment {name!r}.", hint=hint)
    head = revision.head(root)
    if len(found) > 1 and head not in found:
        commits = ", ".join(sha[:10] for sha in sorted(found))
        raise errors.UnknownVersion(
            f"{len(found)} experiments are called {name!r}, of the commits {commits}.", hint="git checkout COMMIT"
        )
    return found[head] if head in found else next(iter(found.values()))


def _metrics(root: Path, sha: str, pipeline: dict[str, Any]) -> dict[str, float]:
    paths = list(dict.fromkeys(_paths(pipeline)))
    texts = blob.read_files(root, [(sha, path) for path in paths])
    parsed = {path: metrics.parse(data, path) for path, data in zip(paths, texts, strict=True) if data is not None}
    keys = [key for found in parsed.values() for key in found]
    # As DVC names them where two files have one name: file:name.
    return dict(
        sorted((f"{p}:{k}" if keys.count(k) > 1 else k, v) for p, found in parsed.items() for k, v in found.items())
    )


def _paths(pipeline: dict[str, Any]) -> Iterator[str]:
    """The files of metrics that dvc.yaml names, but for those of the stages of dsv."""
    yield from _names(pipeline.get("metrics"))
    for stage in (pipeline.get("stages") or {}).values():
        if isinstance(stage, dict) and not str(stage.get("cmd", "")).startswith(OURS):
            yield from _names(stage.get("metrics"))


def _names(entries: Any) -> Iterator[str]:
    for entry in entries if isinstance(entries, list) else ():
        yield from [entry] if isinstance(entry, str) else map(str, entry)


def _predictions(root: Path, sha: str) -> Predictions | None:
    """The one file of predictions in the experiment's commit, or among its outputs."""
    texts = blob.read_files(root, [(sha, lock.FILE), (sha, "dvc.yaml")])
    outs = [out for stage in lock.parse(*(text or b"" for text in texts)).values() for out in stage.outs]
    stored = {out.path: out.oid for out in outs if PurePosixPath(out.path).name in PREDICTIONS}
    listed = [e.path for e in blob.list_tree(root, sha) if PurePosixPath(e.path).name in PREDICTIONS]
    paths = sorted({*stored, *listed})
    if len(paths) != 1:
        return None
    return Predictions(paths[0], stored.get(paths[0]), lambda: blob.read_file(root, sha, paths[0]))
