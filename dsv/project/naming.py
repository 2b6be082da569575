"""Columns that params.yaml names: where it does, and what is told of those that there are not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from dsv.project.params import Source
from dsv.record.problem import Problem, closest, found
from dsv.stages.base import ID, Named, SourceFacts, Stage

# More names are no help to anybody.
SHOWN: Final = 20


def named(instance: str, stage: Stage, params: Any, sources: Mapping[str, SourceFacts]) -> list[Named]:
    """The columns of records that a stage names; where it does not say itself where, the whole section does."""
    told = getattr(stage, "columns", None)
    exact = [Named((instance, *path), column) for path, column in told(params)] if callable(told) else []
    columns = {ID, *(one.column for one in exact)}
    read = stage.needs(params, sources).records or ()
    return exact + [Named((instance,), column) for column in read if column not in columns]


def assigned(stage: Stage, params: Any) -> set[str] | None:
    """The columns that the decisions of a stage may bring; None where nobody can say."""
    told = getattr(stage, "assigned", None)
    return set(told(params)) if callable(told) else None


def annotated(stage: Stage, params: Any, sources: Mapping[str, SourceFacts]) -> dict[str, list[Named]]:
    """The columns of annotations that a stage reads, by source, where it tells which sources it reads."""
    told = getattr(stage, "annotated", None)
    return {name: _annotation(sources[name]) for name in told(params, sources)} if callable(told) else {}


def _annotation(source: SourceFacts) -> list[Named]:
    columns = {"item": source.item, "annotator": source.annotator, "value": source.value}
    return [Named(("sources", source.name, key), column) for key, column in columns.items() if column is not None]


def keys(source: Source, place: int = -1) -> tuple[Named, ...]:
    """The columns that name a record of the batch at this place; of the source itself without one. None: the content does."""
    changing = [i for i, batch in enumerate(source.arrived[: place + 1]) if batch.key is not None]
    key = source.arrived[changing[-1]].key if changing else source.key
    path = ("sources", source.name, *(("batches", changing[-1]) if changing else ()), "key")
    if key:
        return tuple(Named((*path, i), column) for i, column in enumerate(key))
    if source.kind == "media":
        return (Named(path, "path"),)
    told = {"item": source.item, "annotator": source.annotator} if source.kind == "annotations" and source.item else {}
    return tuple(Named(("sources", source.name, name), column) for name, column in told.items() if column)


def problems(wanted: Iterable[Named], known: Collection[str], whose: str) -> list[Problem]:
    """What is wrong with the columns that are not known; `whose` tells who does not have them: `no record has`."""
    return [Problem(path, f"found {found(column)}, a column that {whose}{instead(column, known)}") for path, column in wanted if column not in known]


def instead(column: str, known: Collection[str]) -> str:
    """`; did you mean X? There are X, Y`, or what there is where no name is near."""
    # What begins so are figures of a stage about its own columns.
    names = sorted(name for name in known if not name.startswith("_"))
    if not names:
        return ""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    there = f"{'there is' if len(names) == 1 else 'there are'} {', '.join(names[:SHOWN])}{more}"
    near = closest(column, names)
    return f"; {there}" if near is None else f"; did you mean {near}? T{there[1:]}"
