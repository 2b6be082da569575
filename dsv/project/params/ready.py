"""What a run wants of params.yaml beyond what reading it does: a version of the past may lack it and is read all the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from dsv.project.params import licences
from dsv.project.params.model import Params
from dsv.project.params.source import ANNOTATIONS, TOLD, Source
from dsv.record.lines import lines
from dsv.record.problem import ParamsError, Problem, found, listed, nearest

# People read dvc.yaml, and DVC reads it all for every command.
MOST: Final = 30


def check(params: Params, formats: Collection[str]) -> None:
    """Refuses sources without a known licence, of a format that is none of these, and annotations that say nothing of a record."""
    problems: list[Problem] = []
    for source in params.sources.values():
        problems += _source(source, params, formats)
    if problems:
        raise ParamsError(problems, params.file).located(lines(params.text))


def _source(source: Source, params: Params, formats: Collection[str]) -> Iterator[Problem]:
    path = ("sources", source.name)
    if reason := licences.fault(source.license):
        yield Problem((*path, "license"), reason)
    if formats and source.format is not None and source.format not in formats:
        allowed = f"one of {listed(formats)} is wanted{nearest(source.format, formats)}"
        yield Problem((*path, "format"), f"found {found(source.format)}, {allowed}")
    for key in source.lacking() if source.kind == ANNOTATIONS else ():
        yield Problem((*path, key), f"the key is missing; {TOLD[key]}{_which(key, params)} is wanted")


def _which(key: str, params: Params) -> str:
    """Which sources `of` may name."""
    others = [name for name, other in params.sources.items() if other.kind != ANNOTATIONS]
    return f" ({listed(others)})" if key == "of" and others else ""


def check_count(params: Params, stages: Collection[str]) -> None:
    """Refuses the section with which there are too many stages; `stages` are all that there would be."""
    if message := too_many(len(stages)):
        first = Problem((params.stages[MOST - len(stages)].name,), message)
        raise ParamsError([first], params.file).located(lines(params.text))


def too_many(stages: int) -> str:
    """What is wrong with so many stages; nothing where it is not too many."""
    return f"there would be {stages} stages with ingest and audit, at most {MOST} are allowed" if stages > MOST else ""
