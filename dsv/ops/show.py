"""What a version is: figures from its reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsv import errors
from dsv.project.history import splits
from dsv.project.layout import INGEST, PARAMS, SIGNATURE, Layout, report
from dsv.project.tagged import tags
from dsv.project.version import Version, find


def show(layout: Layout, rev: str = "HEAD") -> dict[str, Any]:
    """The version's root, counts, schema, sources and stages. Reads reports only."""
    return describe(find(layout, rev), tags(layout))


def describe(version: Version, names_of: Mapping[str, str]) -> dict[str, Any]:
    """What `show` gives of a version; `names_of` are the version tags by commit. Two calls of git."""
    version.check()
    version.read([PARAMS, SIGNATURE])
    names = [INGEST, *version.signature]
    version.read([report(name) for name in dict.fromkeys(names)])
    reports = {name: found for name in dict.fromkeys(names) if (found := version.report(name)) is not None}
    if INGEST not in reports:
        raise errors.UnknownVersion(f"{version.rev} has no reports: nothing was run there.", hint="dsv run")
    return figures(version, reports, names_of.get(version.sha or ""))


def figures(version: Version, reports: dict[str, dict[str, Any]], tag: str | None) -> dict[str, Any]:
    """The value that `show` gives, from reports by stage."""
    audit = next((r for r in reports.values() if "dataset" in r), {})
    dataset = audit.get("dataset", {})
    dropped = {f"{name}.{rule}": n for name, r in reports.items() for rule, n in r.get("dropped", {}).items()}
    stages = {
        name: {
            "root": r.get("root"),
            "revision": r.get("revision"),
            "params": version.params.get(name, {}),
            "in": r.get("in"),
            "kept": r.get("kept"),
            "summary": r.get("summary", {}),
        }
        for name, r in reports.items()
        if name != INGEST
    }
    return {
        "rev": version.sha or version.rev,
        "version": tag,
        "root": dataset.get("root"),
        "records": dataset.get("records"),
        "dropped": dropped,
        "quarantined": reports[INGEST].get("quarantined", 0),
        "splits": splits(audit),
        "labels": labels(reports),
        "columns": dataset.get("columns", {}),
        "sources": _sources(version, reports[INGEST].get("sources", {})),
        "stages": {
            INGEST: {
                "root": reports[INGEST].get("root"),
                "revision": reports[INGEST].get("revision"),
                "params": version.params.get("sources", {}),
            },
            **stages,
        },
    }


def _sources(version: Version, counted: dict[str, Any]) -> dict[str, Any]:
    """Counts by source, with the kind that was declared: once they are read, media are records like others."""
    declared = version.sources
    return {
        name: told | {"kind": declared.get(name, {}).get("kind", told.get("kind"))} for name, told in counted.items()
    }


def labels(reports: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Records by label: what audit counted."""
    for told in reports.values():
        found = told.get("summary", {}).get("classes")
        if isinstance(found, dict) and found:
            return {str(k): int(v) for k, v in found.items()}
    return {}
