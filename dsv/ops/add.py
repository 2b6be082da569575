"""Takes in a delivery: copies it into data/raw/, tracks it, records the source and the batch in params.yaml."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from dsv import errors
from dsv.dvcio import dotdvc
from dsv.dvcio.turn import turn
from dsv.ops import first, scan, take
from dsv.ops.delivery import Delivery
from dsv.project import cache, delivered, edit
from dsv.project.layout import Layout
from dsv.project.params import Params, Source, licences, load, names
from dsv.project.params.source import ANNOTATIONS, TOLD
from dsv.record.problem import listed, nearest
from dsv.store import disk, files
from dsv.store.hashed import Hashed

NAME = re.compile(names.NAME["pattern"])
# What is written of a new source, in this order.
WRITTEN = ("kind", "format", "key", "header", "names", "rename", "license", "privacy", "delivery", "item", "of", "annotator", "value")


class Added(NamedTuple):
    """A tracked delivery."""

    source: str
    batch: str
    files: int
    bytes: int
    new_source: bool
    columns: dict[str, str]
    kind: str | None = None


def deliver(
    layout: Layout, paths: Delivery | str | Path | Sequence[str | Path], source: str = "", batch: str | None = None, **said: Any
) -> Added:
    """Tracks files and folders as the newest batch of a source. `said` is what `dsv add` has options for: `license`, `key`,
    `kind`, `item`, … as in `Delivery`, which may stand for all of it."""
    if isinstance(paths, Delivery):
        return add(layout, paths)
    some = [paths] if isinstance(paths, str | Path) else paths
    said = {name: (value,) if name in ("key", "names") and isinstance(value, str) else value for name, value in said.items()}
    return add(layout, Delivery([Path(path) for path in some], source, batch, **said))


def add(layout: Layout, delivery: Delivery) -> Added:
    """Tracks the delivery as the newest batch of its source."""
    with turn(layout.root, wait=True):
        return _add(layout, delivery)


def _add(layout: Layout, delivery: Delivery) -> Added:
    params = load(layout.params)
    source = params.sources.get(delivery.source)
    batch = delivery.batch or _next(params, delivery.source)
    for what, name in (("source", delivery.source), ("batch", batch)):
        if not NAME.fullmatch(name):
            raise errors.UsageError(f"{name!r} is no name for a {what}; {names.NAME['means']} is wanted.")
    if source is not None and batch in source.batches:
        raise errors.DsvError(
            f"{delivery.source}/{batch} has been delivered already; deliveries are never changed.",
            hint="choose another --batch",
        )
    if source is None:
        _check_license(delivery)
    folder = layout.raw(delivery.source, batch)
    take.check(layout, delivery.paths, folder)
    body: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    found = scan.scan(delivery.paths)
    if source is None:
        delivery = first.as_media(delivery, found.files)
        _check_annotations(delivery, params)
        body = _body(delivery)
    else:
        now = (source, *source.delivered())[-1]
        changed = _changed(delivery, now)
        _agree(delivery, {**vars(now), "annotator": now.annotator, **{name: tuple(value) for name, value in changed.items() if name == "key"}})
    _declare(layout, delivery.source, batch, body, changed, dry=True)
    columns = _looked(delivery, source, found)
    if columns:
        body["columns"] = columns
    taken = take.take(layout, found, folder, delivery.how)
    try:
        tracked = _track(layout, folder, taken)
        # Before params.yaml names the delivery, and before the originals go: a power failure must not take the copies.
        disk.flush(layout.root)
        _declare(layout, delivery.source, batch, body, changed)
    except BaseException:
        # The originals are where they were: what was copied would be in the way of the next try.
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_name(f"{folder.name}.dvc").unlink(missing_ok=True)
        raise
    take.done(layout)
    if delivery.how == "move":
        disk.flush(layout.root)
        take.clear(delivery.paths)
    return Added(delivery.source, batch, tracked.nfiles, tracked.size, source is None, columns, body.get("kind"))


def _looked(delivery: Delivery, source: Source | None, found: scan.Scanned) -> dict[str, str]:
    """The types of the columns of a new source. Refuses what a run could not read."""
    if source is None:
        first.check_formats(delivery, list(found.files))
        return first.types(delivery, found.files)
    if not delivery.resolved and not delivery.names:
        first.check_known((source, *source.delivered())[-1], found.files)
    return {}


def _declare(
    layout: Layout, source: str, batch: str, body: dict[str, Any], changed: dict[str, Any], *, dry: bool = False
) -> None:
    """Writes the delivery into params.yaml: with the body of a new source, or what it changes of a known one."""
    if body:
        edit.add_source(layout.params, source, {**body, "batches": [batch]}, dry=dry)
    else:
        edit.add_batch(layout.params, source, batch, changed, dry=dry)


def _next(params: Params, source: str) -> str:
    known = params.sources[source].batches if source in params.sources else ()
    number = len(known) + 1
    while f"{number:04d}" in known:
        number += 1
    return f"{number:04d}"


def free(name: str, known: Sequence[str]) -> str:
    """The name, if no batch has it; else the next number, or the name with the first number that makes it another."""
    taken = {other.lower() for other in known}
    if name.lower() not in taken:
        return name
    if name.isdecimal():
        numbers = (f"{n:0{len(name)}d}" for n in count(int(name) + 1))
    else:
        numbers = (f"{name}-{n}" for n in count(2))
    return next(number for number in numbers if number.lower() not in taken)


def _check_license(delivery: Delivery) -> None:
    if not delivery.license:
        raise errors.UsageError(
            f"The source {delivery.source!r} is new: its licence must be known.",
            hint="--license with an SPDX expression, e.g. CC-BY-4.0, or LicenseRef-NAME",
        )
    fault = licences.fault(delivery.license)
    if fault:
        raise errors.UsageError(fault, hint="see https://spdx.org/licenses; private terms are LicenseRef-NAME")


def _check_annotations(delivery: Delivery, params: Params) -> None:
    """Refuses annotations of which nobody could say what they are about, and flags of annotations for anything else."""
    given = [key for key in (*TOLD, "annotator") if getattr(delivery, key) is not None]
    if _kind(delivery) != ANNOTATIONS:
        if given:
            raise errors.UsageError(f"{_flags(given)}: only annotations have this, the kind is {_kind(delivery)}.", hint="--kind annotations")
        return
    lacking = [key for key in TOLD if key not in given]
    if lacking:
        message = f"The source {delivery.source!r} is new and of annotations; it needs {_flags(lacking)}."
        raise errors.UsageError(message, hint="; ".join(f"--{key}: {TOLD[key]}" for key in lacking))
    others = [name for name, other in params.sources.items() if other.kind != ANNOTATIONS]
    if delivery.of not in others:
        message = f"--of {delivery.of}: no source of records or media is called so{nearest(str(delivery.of), others) or '.'}"
        raise errors.UsageError(message, hint=f"sources: {listed(others)}" if others else "add the records first")


def _flags(keys: Sequence[str]) -> str:
    return ", ".join(f"--{key}" for key in keys)


def _kind(delivery: Delivery) -> str:
    return delivery.kind or (ANNOTATIONS if delivery.item else "records")


def _said(delivery: Delivery) -> dict[str, Any]:
    """What is said of the source, by the keys of params.yaml; None where nothing is said."""
    same = {name: getattr(delivery, name) for name in ("kind", "format", "license", "privacy", "item", "of", "annotator", "value")}
    return same | {"key": tuple(delivery.key) or None, "rename": dict(delivery.rename) or None, "delivery": "snapshot" if delivery.snapshot else None}


def _body(delivery: Delivery) -> dict[str, Any]:
    told = _said(delivery) | _named(delivery)
    told["kind"] = _kind(delivery)
    told["license"] = licences.normal(str(delivery.license))
    return {key: list(value) if key == "key" else value for key in WRITTEN if (value := told.get(key)) is not None}


def _named(delivery: Delivery) -> dict[str, Any]:
    return {"header": False, "names": list(delivery.names)} if delivery.names else {}


def _changed(delivery: Delivery, now: Source) -> dict[str, Any]:
    """What the batch is to say of itself: other names of its columns, and with them another key."""
    if delivery.resolved:
        return {"resolved": True}
    if not delivery.names or tuple(delivery.names) == now.names:
        return {}
    key = {"key": list(delivery.key)} if delivery.key and tuple(delivery.key) != now.key else {}
    named = {"names": list(delivery.names)}
    return {**({"header": False} if now.header else {}), **named, **key}


def _agree(delivery: Delivery, known: dict[str, Any]) -> None:
    """What is said again of a known source must be what params.yaml says: a flag never changes records by the way."""
    for name, value in _said(delivery).items():
        if value is not None and value != known[name]:
            raise errors.UsageError(
                f"{'--snapshot' if name == 'delivery' else f'--{name} {value}'} contradicts params.yaml: "
                f"sources.{delivery.source}.{name} is {'not set' if known[name] is None else known[name]}.",
                hint="edit params.yaml, or leave the flag out",
            )


def _track(layout: Layout, folder: Path, taken: Mapping[str, Hashed]) -> dotdvc.Out:
    """Stores the files in the cache and writes the .dvc file beside the folder."""
    store = cache.store(layout)
    tree = store.add_tree(folder, taken)
    delivered.note(layout, folder, tree.oid)
    out = dotdvc.Out(folder.name, tree.oid, tree.size, tree.nfiles)
    files.write(folder.with_name(f"{folder.name}.dvc"), dotdvc.dump(out).encode())
    ignore = folder.parent / ".gitignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    if f"/{folder.name}" not in lines:
        files.write(ignore, "".join(f"{line}\n" for line in [*lines, f"/{folder.name}"]).encode())
    return out
