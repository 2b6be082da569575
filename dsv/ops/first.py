"""The first delivery of a source: what its files tell, and what is refused before any of them is copied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Final

from dsv import errors
from dsv.formats import media, registry
from dsv.formats.base import Header, ReadSpec, Task
from dsv.ops.delivery import Delivery
from dsv.project import naming
from dsv.project.params import Source
from dsv.project.params.source import ANNOTATIONS
from dsv.runner.ingest import deliver, sample

# What a column may be called whose own name dsv needs.
FREE: Final = ("id", "origin", "origin_id")
SHOWN: Final = 3


def as_media(delivery: Delivery, files: Collection[str]) -> Delivery:
    """The delivery, of media if it holds nothing else and nobody said what it is."""
    silent = delivery.kind is None and delivery.format is None and delivery.item is None
    return replace(delivery, kind="media") if silent and files and all(map(_is_media, files)) else delivery


def _is_media(name: str) -> bool:
    kind = media.SUFFIXES.get(PurePosixPath(name).suffix.lower(), "")
    return kind.startswith(("image/", "audio/", "video/"))


def check_formats(delivery: Delivery, files: Sequence[str]) -> None:
    """Refuses files of which none has a known format: all of them would go to quarantine."""
    if delivery.kind == "media" or delivery.format is not None or any(map(registry.detect, files)):
        return
    more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
    told = {"kind": "media"} if delivery.kind != ANNOTATIONS and any(map(_is_media, files)) else {"format": "csv"}
    raise errors.UsageError(
        f"No format is known for {', '.join(sorted(files)[:SHOWN])}{more}; there are {', '.join(registry.FORMATS)}.",
        hint=delivery.command(**told),
    )


def types(delivery: Delivery, files: Mapping[str, str]) -> dict[str, str]:
    """The types of the columns, for a person to review. Refuses columns that are named and not there, and those that dsv needs itself."""
    found = sample.look(_tasks(delivery, files), infer=delivery.types == "infer" and delivery.kind != "media")
    if found.header is not None:
        header = found.header._replace(columns=frozenset(delivery.rename.get(name, name) for name in found.header.columns))
        _check_own(header.columns, delivery)
        _check_named(header, delivery)
    renamed = {delivery.rename.get(name, name): kind for name, kind in found.types.items()}
    # What names a record is no decimal number.
    names = {name for _, name in delivery.columns()} - {delivery.value}
    return {name: kind for name, kind in renamed.items() if not (kind == "float" and name in names)}


def _tasks(delivery: Delivery, files: Mapping[str, str]) -> list[Task]:
    spec = ReadSpec(header=not delivery.names, names=tuple(delivery.names))
    return registry.tasks(Path(), sorted(files.values()), deliver.read_as(delivery.format, delivery.kind), spec)


def check_known(source: Source, files: Mapping[str, str]) -> None:
    """Refuses columns that dsv needs itself, of a source that is known already."""
    header = deliver.header(Path(), sorted(files.values()), source)
    for name in sorted(header.columns) if header else ():
        if fault := deliver.fault(name):
            raise errors.UsageError(f"The delivery has a column {name!r}, {fault}.", hint=deliver.renaming(source.name, name))


def _check_own(columns: Collection[str], delivery: Delivery) -> None:
    faults = {name: fault for name in sorted(columns) if (fault := deliver.fault(name))}
    if not faults:
        return
    name, fault = next(iter(faults.items()))
    renamed = dict(zip(faults, _free(columns), strict=False))
    key = delivery.key or ([renamed["_id"]] if "_id" in renamed and delivery.kind in (None, "records") and delivery.item is None else ())
    raise errors.UsageError(
        f"The delivery has a column {name!r}, {fault}.", hint=delivery.command(rename={**delivery.rename, **renamed}, key=key)
    )


def _free(columns: Collection[str]) -> Iterable[str]:
    return (name for name in chain(FREE, (f"{FREE[-1]}_{n}" for n in range(2, 1000))) if name not in columns)


def _check_named(header: Header, delivery: Delivery) -> None:
    for option, name in delivery.columns() if header.rows else ():
        if name not in header.columns:
            raise errors.UsageError(f"{option} {name}: no file of the delivery has such a column{naming.instead(name, header.columns)}.")
