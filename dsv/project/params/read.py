"""Reads params.yaml: sources are checked here, the section of a stage by `sections`, with the stage's own Params."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final

from dsv.errors import DsvError, NotAProject
from dsv.project.params import names
from dsv.project.params.model import Params, StageSection
from dsv.project.params.source import ANNOTATIONS, Source
from dsv.record import schema, yaml12
from dsv.record.lines import lines
from dsv.record.problem import ParamsError, Path, Problem, editing, found, nearest

HEAD: Final = ("dataset", "sources")


@dataclass(frozen=True)
class _Head:
    dataset: str = field(metadata=names.NAME)
    sources: dict[str, Any] | None = None


def load(path: FilePath) -> Params:
    """The params of the file; a ParamsError with all its problems where they are not valid."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotAProject(f"There is no {path.name} in {path.parent}.", hint="dsv init") from None
    return parse(data, path.name)


def parse(data: str | bytes, file: str = "params.yaml") -> Params:
    """As `load`, for a text: of another version, or of the index."""
    try:
        raw = yaml12.load(data)
    except DsvError as error:
        raise DsvError(f"{file}: {error.message}", hint=error.hint or editing(file)) from error
    text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    problems: list[Problem] = []
    params = _params(raw, text, file, problems)
    if params is None or problems:
        raise ParamsError(_first(problems), file).located(lines(text))
    return params


def _params(raw: Any, text: str, file: str, problems: list[Problem]) -> Params | None:
    if not isinstance(raw, Mapping):
        problems.append(Problem((), f"found {found(raw)}, a mapping with dataset and sources is wanted"))
        return None
    problems += _untracked(raw, (), (), set())
    head = schema.check(_Head, {key: raw[key] for key in HEAD if key in raw}, (), problems)
    given = raw.get("sources")
    sources = _sources(given, problems) if isinstance(given, Mapping) else {}
    stages = _stages({key: body for key, body in raw.items() if key not in HEAD}, problems)
    return Params(head.dataset, sources, stages, raw, text, file) if head else None


def _first(problems: list[Problem]) -> list[Problem]:
    """One problem a place: what DVC does not take is told once."""
    kept: dict[Path, Problem] = {}
    for problem in problems:
        kept.setdefault(problem.path, problem)
    return list(kept.values())


def _sources(raw: Mapping[Any, Any], problems: list[Problem]) -> dict[str, Source]:
    sources = {}
    for name, body in raw.items():
        path = ("sources", str(name))
        if not isinstance(name, str):
            continue
        problems += _named(name, path)
        source = schema.check(Source, {} if body is None else body, path, problems, name=name)
        if source is not None:
            sources[name] = source
    texts = [name for name in raw if isinstance(name, str)]
    problems += [Problem(("sources", texts[i]), message) for (_, i), message in names.alike(texts, "sources")]
    for source in sources.values():
        problems += _annotated(source, raw, sources)
    return sources


@dataclass(frozen=True)
class _Name:
    name: str = field(metadata=names.NAME)


def _named(name: str, path: Path) -> list[Problem]:
    problems: list[Problem] = []
    schema.check(_Name, {"name": name}, path, problems)
    return [problem._replace(path=path) for problem in problems]


def _annotated(source: Source, raw: Mapping[Any, Any], sources: Mapping[str, Source]) -> Iterator[Problem]:
    if source.of is None:
        return
    path = ("sources", source.name, "of")
    others = [name for name, other in sources.items() if other.kind != ANNOTATIONS]
    if source.of not in raw:
        yield Problem(path, f"found {found(source.of)}, which is no source{nearest(source.of, others)}")
    elif source.of in sources and source.of not in others:
        yield Problem(
            path, f"found {found(source.of)}, whose kind is annotations; a source of records or media is wanted"
        )


def _stages(raw: Mapping[Any, Any], problems: list[Problem]) -> tuple[StageSection, ...]:
    stages: list[StageSection] = []
    for name, body in raw.items():
        if not isinstance(name, str):
            continue
        if not names.STAGE.fullmatch(name):
            problems.append(Problem((name,), f"found {found(name)}, {names.STAGE_MEANS} is wanted"))
        elif name in names.RESERVED:
            problems.append(Problem((name,), "the name is taken; call the stage otherwise"))
        elif body is not None and not isinstance(body, Mapping):
            near = nearest(name, HEAD)
            problems.append(Problem((name,), f"found {found(body)}, the params of a stage are wanted{near}"))
        else:
            stages.append(_stage(name, body or {}, len(stages), problems))
    texts = [stage.name for stage in stages]
    problems += [Problem((texts[i],), message) for (_, i), message in names.alike(texts, "")]
    return tuple(stages)


def _stage(name: str, body: Mapping[str, Any], position: int, problems: list[Problem]) -> StageSection:
    use = body.get("use", name)
    if not isinstance(use, str):
        problems.append(Problem((name, "use"), f"found {found(use)}, the name of a stage is wanted"))
    return StageSection(name, str(use), position, {key: value for key, value in body.items() if key != "use"})


def _untracked(value: Any, path: Path, above: tuple[int, ...], seen: set[int]) -> Iterator[Problem]:
    """What DVC stops at in a params file: dates, keys that are no text, values within themselves."""
    if isinstance(value, (dt.date, bytes, set)):
        yield Problem(path, f"found {found(value)}, which DVC does not take; write it in quotes")
    elif id(value) in above:
        yield Problem(path, "the value contains itself")
    elif isinstance(value, (Mapping, list)) and id(value) not in seen:
        seen.add(id(value))
        above = (*above, id(value))
        for step, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            name = step if isinstance(value, list) else schema.word(step)
            if name is None:
                yield Problem((*path, str(step)), f"the key is {found(step)}, a text is wanted; write it in quotes")
            else:
                yield from _untracked(item, (*path, name), above, seen)
