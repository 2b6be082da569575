"""A dvc.lock as text for people: what `git diff` and `git log -p` show of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dsv import errors
from dsv.dvcio import lock
from dsv.dvcio.lock import Stage
from dsv.ops import show
from dsv.project import history, inline, reports
from dsv.project.layout import INGEST, LOCK, SIGNATURE, Layout
from dsv.record.problem import path_text
from dsv.vcs import blob
from dsv.vcs import history as commits

PARAMS = "params.yaml"
SHORT = 10


def textconv(data: bytes, projects: Sequence[Layout] = ()) -> str:
    """The summary: root, records, splits, labels, what was dropped, sources, params, outputs. As it is, if it is no lock.

    Figures are those of the reports that the lock names by hash, looked for in the projects: workspace, HEAD, history.
    """
    try:
        stages = lock.parse(data, data)
    except errors.DsvError:
        return data.decode(errors="replace")
    found = _reports(data, stages, projects)
    lines = [*_figures(found), *_stages(stages, found)]
    return "".join(f"{kind:<9}{text}\n" for kind, text in lines)


def _reports(data: bytes, stages: Mapping[str, Stage], projects: Sequence[Layout]) -> dict[str, dict[str, Any]]:
    """Stage → report. Only what has the hash that the lock names."""
    wanted = {out.path: (name, out.oid) for name, stage in stages.items() for out in stage.outs if _is_report(out.path)}
    found: dict[str, dict[str, Any]] = {}
    for texts in _candidates(data, sorted(wanted), projects):
        for path, text in texts.items():
            name, oid = wanted[path]
            if name not in found and _md5(text) == oid:
                found[name] = reports.load(text, path)
        if len(found) == len(wanted):
            break
    return found


def _is_report(path: str) -> bool:
    return path.startswith("reports/") and path.endswith(".json")


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _candidates(data: bytes, paths: Sequence[str], projects: Sequence[Layout]) -> Iterator[dict[str, bytes]]:
    """The reports in the workspace, in HEAD, and in the commit that brought this lock."""
    if not paths:
        return
    for layout in projects:
        yield {path: (layout.root / path).read_bytes() for path in paths if (layout.root / path).is_file()}
        yield _committed(layout, "HEAD", paths)
    for layout in projects:
        for sha in commits.holding(layout.root, LOCK, data):
            yield _committed(layout, sha, paths)


def _committed(layout: Layout, sha: str, paths: Sequence[str]) -> dict[str, bytes]:
    found = blob.read_files(layout.root, [(sha, path) for path in paths])
    return {path: text for path, text in zip(paths, found, strict=True) if text is not None}


Line = tuple[str, str]


def _figures(found: Mapping[str, dict[str, Any]]) -> Iterator[Line]:
    audit = next((told for told in found.values() if "dataset" in told), {})
    dataset = audit.get("dataset", {})
    if dataset:
        yield "root", str(dataset.get("root"))
        yield "records", f"{dataset.get('records', 0):,}"
    for name, n in history.splits(audit).items():
        yield "split", f"{name} {n:,}"
    for name, n in show.labels(dict(found)).items():
        yield "label", f"{name} {n:,}"
    for name, kind in dataset.get("columns", {}).items():
        yield "column", f"{name} {kind}"
    for stage, told in found.items():
        for rule, n in told.get("dropped", {}).items():
            yield "dropped", f"{stage}.{rule} {n:,}"
    for source, told in found.get(INGEST, {}).get("sources", {}).items():
        for batch, counts in told.get("batches", {}).items():
            yield "batch", f"{source}/{batch} " + ", ".join(f"{name} {n:,}" for name, n in counts.items() if n)


def _stages(stages: Mapping[str, Stage], told: Mapping[str, Any]) -> Iterator[Line]:
    for name, stage in stages.items():
        signed = stage.params.get(SIGNATURE, {}).get(name) or {}
        code = f", code {signed['code'][:SHORT]}" if signed.get("code") else ""
        yield "stage", f"{name}, revision {signed['revision']}{code}" if "revision" in signed else name
        for file, values in stage.params.items():
            if file != SIGNATURE:
                yield from (("param", line) for line in _flat(values, () if file == PARAMS else (file,)))
        # What a report that was found says stands above.
        for out in (out for out in stage.outs if name not in told or not _is_report(out.path)):
            size = f"{out.size:,} bytes" if out.size is not None else ""
            files = f"{out.nfiles:,} {'file' if out.nfiles == 1 else 'files'}" if out.nfiles is not None else ""
            yield "out", ", ".join(filter(None, (f"{out.path} {out.oid[:SHORT]}", files, size)))


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """A line for each param; what a list holds has no number there, so that one item more moves no others."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, (*path, str(key)))
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for item in value:
            yield from _flat(item, path)
    else:
        yield f"{path_text(path)} {inline.flow(value)}"
