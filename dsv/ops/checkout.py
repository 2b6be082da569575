"""Puts a version's files into the workspace, or into a folder of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dsv import errors
from dsv.dvcio import dotdvc
from dsv.dvcio.turn import turn
from dsv.ops.belongs import belongs
from dsv.ops.tracked import uncommitted
from dsv.project import cache
from dsv.project.layout import Layout
from dsv.project.version import Version, find
from dsv.runner import files
from dsv.store.objects import Store
from dsv.vcs import blob

LAST = "checkout"
RAW = "data/raw/"


class CheckedOut(NamedTuple):
    """Where the version lies, and how many files of data it has."""

    folder: Path
    files: int


def checkout(layout: Layout, rev: str, output: Path | None = None) -> CheckedOut:
    """Writes a version. Into the workspace only if nothing uncommitted of a version is lost; HEAD stays where it is."""
    version = find(layout, rev)
    if version.sha is None:
        raise errors.UsageError("The workspace is checked out already.")
    missing = [oid for oid in sorted(wanted(version)) if not version.store.has(oid)]
    if missing:
        raise errors.DataMissing(f"{len(missing)} objects of {rev} are not in the cache.", hint=f"dsv pull {rev}")
    if output is None:
        with turn(layout.root, wait=False):
            return _into_workspace(layout, version)
    if output.exists() and not output.is_dir():
        raise errors.UsageError(f"{output} is a file, not a folder.")
    if output.exists() and any(output.iterdir()):
        raise errors.UsageError(f"{output} is not empty.")
    output = output.absolute()
    building = output.with_name(f".{output.name}.tmp")
    if building.exists():
        shutil.rmtree(building)
    count = materialise(version, building, only_version=False)
    building.replace(output)
    return CheckedOut(output, count)


def _into_workspace(layout: Layout, version: Version) -> CheckedOut:
    changed = [path for path in uncommitted(layout) if belongs(path) and not _kept(layout, version, path)]
    if changed:
        raise errors.DsvError(
            f"Uncommitted: {', '.join(changed[:5])}. They would be overwritten.",
            hint="dsv commit, or dsv checkout REV -o DIR",
        )
    files.write(layout.temporary / LAST, f"{version.sha}\n".encode())
    return CheckedOut(layout.root, materialise(version, layout.root, only_version=True))


def _kept(layout: Layout, version: Version, path: str) -> bool:
    """Whether a file that differs from HEAD is in a version: of this checkout, or of the last one, finished or not."""
    last = layout.temporary / LAST
    shas = {str(version.sha), *(last.read_text(encoding="utf-8").split() if last.exists() else ())}
    file = layout.root / path
    return not file.exists() or (
        file.is_file() and file.read_bytes() in [blob.read_file(layout.root, sha, path) for sha in shas]
    )


def wanted(version: Version) -> set[str]:
    """The oids of a version's outputs and deliveries."""
    return version.objects() | deliveries_objects(version)


def deliveries(version: Version) -> dict[str, str]:
    """Folder of each delivery (relative to the project) → oid: tracked by a .dvc file, or written by a stage of the user's own."""
    assert version.sha is not None
    names = [e.path for e in blob.list_tree(version.layout.root, version.sha, "data/raw") if e.path.endswith(".dvc")]
    found = blob.read_files(version.layout.root, [(version.sha, name) for name in names])
    written = {path: oid for path, oid in version.outs.items() if path.startswith(RAW)}
    return written | {
        name.removesuffix(".dvc"): dotdvc.load(data, name).oid
        for name, data in zip(names, found, strict=True)
        if data is not None
    }


def deliveries_objects(version: Version) -> set[str]:
    """The oids of a version's deliveries. A listing that is missing stands for itself."""
    found = set()
    for oid in deliveries(version).values():
        found.add(oid)
        if version.store.has(oid):
            found |= set(version.store.tree(oid).values())
    return found


def materialise(version: Version, folder: Path, *, only_version: bool, raw: bool = True, outs: bool = True) -> int:
    """Writes the committed files (all, or only those that make a version) and links the data; how many files of data."""
    assert version.sha is not None
    root = version.layout.root
    names = [e.path for e in blob.list_tree(root, version.sha) if not only_version or belongs(e.path)]
    for name, data in zip(names, blob.read_files(root, [(version.sha, name) for name in names]), strict=True):
        if data is not None:
            target = folder / name
            if not target.exists() or target.read_bytes() != data:
                files.write(target, data)
    store = cache.store(version.layout)
    count = 0
    if raw:
        count += sum(place(store, oid, folder / path) for path, oid in deliveries(version).items())
    if outs:
        results = {path: oid for path, oid in version.outs.items() if not path.startswith(RAW)}
        count += sum(place(store, oid, folder / path) for path, oid in results.items())
    return count


def place(store: Store, oid: str, folder: Path) -> int:
    """Links a stored folder into place: built beside it, then swapped."""
    building = folder.with_name(f".{folder.name}.tmp")
    if building.exists():
        shutil.rmtree(building)
    building.mkdir(parents=True)
    names = store.tree(oid)
    _link(store, names.items(), building)
    if folder.exists():
        shutil.rmtree(folder)
    building.rename(folder)
    return len(names)


def _link(store: Store, names: Iterable[tuple[str, str]], folder: Path) -> None:
    for name, oid in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        store.link(oid, target)
