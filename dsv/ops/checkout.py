"""Puts a version's files into the workspace, or into a folder of their own."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from dsv import errors
from dsv.dvcio import dotdvc
from dsv.dvcio.turn import turn
from dsv.ops.belongs import SETTINGS, belongs
from dsv.ops.edited import edited
from dsv.ops.take import stored
from dsv.ops.tracked import uncommitted
from dsv.project import delivered, missing
from dsv.project.layout import Layout
from dsv.project.version import Version, find
from dsv.store import files
from dsv.store.objects import Store
from dsv.vcs import blob

LAST = "checkout"
RAW, RUNS = "data/raw/", "runs/"
EXECUTABLE = "100755"


class CheckedOut(NamedTuple):
    """Where the version lies, and how many files of data it has."""

    folder: Path
    files: int


def checkout(layout: Layout, rev: str, output: Path | str | None = None) -> CheckedOut:
    """Writes a version. Into the workspace only if nothing uncommitted of a version is lost; HEAD stays where it is."""
    version = find(layout, rev)
    if version.sha is None:
        raise errors.UsageError("The workspace is checked out already.")
    missing.require(version, dict(version.outs) | deliveries(version))
    if output is None:
        with turn(layout.root, wait=False):
            return _into_workspace(layout, version)
    output = Path(output)
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
    changed = [path for path in uncommitted(layout) if belongs(path) and path not in SETTINGS and not _kept(layout, version, path)]
    if changed:
        raise errors.DsvError(
            f"Uncommitted: {', '.join(changed[:5])}. They would be overwritten.",
            hint="dsv commit, or dsv checkout REV -o DIR",
        )
    foreign = sorted(_edited(layout, version))
    if foreign:
        raise errors.DsvError(
            f"Not as `dsv add` took them: {', '.join(foreign[:5])}. They would be overwritten.",
            hint="move them elsewhere (dsv add takes them as a delivery of their own), or dsv checkout REV -o DIR",
        )
    with suppress(errors.DsvError):  # the commit of the last checkout may be gone
        _leave(layout, version)
    files.write(layout.temporary / LAST, f"{version.sha}\n".encode())
    return CheckedOut(layout.root, materialise(version, layout.root, only_version=True))


def _edited(layout: Layout, version: Version) -> Iterator[str]:
    """The files of deliveries that would be replaced and are of no version: of this one, of HEAD, or of the last checkout."""
    there = [deliveries(version), deliveries(find(layout, "HEAD"))]
    for sha in _last(layout):
        with suppress(errors.DsvError):  # its commit may be gone
            there.append(deliveries(Version(layout, sha, sha)))
    for path in there[0]:
        folder = layout.root / path
        if folder.is_dir() and path not in version.outs:
            for name in edited(version.store, folder, {found[path] for found in there if path in found}):
                yield f"{path}/{name}"


def _last(layout: Layout) -> list[str]:
    """The version that was checked out last, finished or not."""
    last = layout.temporary / LAST
    return last.read_text(encoding="utf-8").split() if last.exists() else []


def _leave(layout: Layout, version: Version) -> None:
    """Takes away what neither the version nor HEAD has of the last checkout: files as they are there, deliveries that the cache holds."""
    root = layout.root
    stay = {entry.path for sha in (str(version.sha), "HEAD") for entry in blob.list_tree(root, sha)}
    for sha in _last(layout):
        paths = [entry.path for entry in blob.list_tree(root, sha) if belongs(entry.path) and not entry.path.startswith(RUNS)]
        gone = [path for path in paths if path not in stay]
        for path, data in zip(gone, blob.read_files(root, [(sha, path) for path in gone]), strict=True):
            file = root / path
            if not file.is_file() or file.read_bytes() != data:
                continue
            if path.startswith(RAW) and path.endswith(".dvc"):
                folder = file.with_name(file.name.removesuffix(".dvc"))
                if folder.exists() and not stored(layout, folder):
                    continue
                shutil.rmtree(folder, ignore_errors=True)
                _unignore(folder)
            file.unlink()


def _unignore(folder: Path) -> None:
    """git need no longer be told of a delivery that is not there."""
    ignore = folder.with_name(".gitignore")
    if ignore.is_file():
        lines = ignore.read_text(encoding="utf-8").splitlines(keepends=True)
        files.write(ignore, "".join(line for line in lines if line.strip() != f"/{folder.name}").encode())


def _kept(layout: Layout, version: Version, path: str) -> bool:
    """Whether a file that differs from HEAD is in a version: of this checkout, or of the last one, finished or not."""
    shas = {str(version.sha), *_last(layout)}
    file = layout.root / path
    if path.startswith(RUNS) and blob.read_file(layout.root, str(version.sha), path) is None:
        return True  # a run that was recorded since is left as it is
    return not file.exists() or (
        file.is_file() and file.read_bytes() in [blob.read_file(layout.root, sha, path) for sha in shas]
    )


def deliveries(version: Version) -> dict[str, str]:
    """Folder of each delivery (relative to the project) → oid: tracked by a .dvc file, or written by a stage of the user's own."""
    names = _tracked(version)
    version.read(names)
    found = map(version.text, names)
    written = {path: oid for path, oid in version.outs.items() if path.startswith(RAW)}
    return written | {
        name.removesuffix(".dvc"): dotdvc.load(data, name).oid
        for name, data in zip(names, found, strict=True)
        if data is not None
    }


def _tracked(version: Version) -> list[str]:
    """The .dvc files of deliveries."""
    root = version.layout.root
    if version.sha is None:
        return sorted(path.relative_to(root).as_posix() for path in (root / RAW).glob("*/*.dvc"))
    return [entry.path for entry in blob.list_tree(root, version.sha, "data/raw") if entry.path.endswith(".dvc")]


def materialise(version: Version, folder: Path, *, only_version: bool, raw: bool = True, outs: bool = True) -> int:
    """Writes the committed files (all, or only those that make a version) and links the data; how many files of data."""
    assert version.sha is not None
    root = version.layout.root
    entries = [e for e in blob.list_tree(root, version.sha) if not only_version or belongs(e.path)]
    for entry, data in zip(entries, blob.read_files(root, [(version.sha, e.path) for e in entries]), strict=True):
        if data is not None:
            target = folder / entry.path
            if not (target.exists() and ((only_version and entry.path in SETTINGS) or _has(target, data))):
                files.write(target, data)
            if entry.mode == EXECUTABLE:
                target.chmod(0o755)
    store, count = version.store, 0
    if raw:
        for path, oid in deliveries(version).items():
            count += place(store, oid, folder / path)
            if folder == root:
                delivered.note(version.layout, folder / path, oid)
    if outs:
        results = {path: oid for path, oid in version.outs.items() if not path.startswith(RAW)}
        count += sum(place(store, oid, folder / path) for path, oid in results.items())
    return count


def _has(target: Path, data: bytes) -> bool:
    """Whether a file needs no writing. Deliveries of later batches stay, so git must go on ignoring them."""
    there = target.read_bytes()
    return there == data or (target.name == ".gitignore" and {*data.splitlines()} <= {*there.splitlines()})


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


def _link(store: Store, names: Collection[tuple[str, str]], folder: Path) -> None:
    store.check(oid for _, oid in names)
    for name, oid in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        store.link(oid, target)
