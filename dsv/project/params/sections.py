"""The sections of the stages, each as the Params of its stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsv.project.params.model import Params
from dsv.record import schema
from dsv.record.lines import lines
from dsv.record.problem import ParamsError, Problem, found, listed, nearest


def sections(params: Params, known: Mapping[str, type[Any]]) -> dict[str, Any]:
    """Instance name -> typed params, in the order of the file; a ParamsError with the problems of all sections.

    `known` maps the name of every stage to its Params.
    """
    problems: list[Problem] = []
    typed = {}
    for section in params.stages:
        if section.use in known:
            typed[section.name] = schema.check(known[section.use], section.raw, (section.name,), problems)
        elif section.use == section.name:
            near = nearest(section.name, [*known, "dataset", "sources"])
            message = f"unknown key and no stage{near or '.'} Stages: {listed(known)}; another name says use: STAGE"
            problems.append(Problem((section.name,), message))
        else:
            message = f"found {found(section.use)}, one of {listed(known)} is wanted{nearest(section.use, known)}"
            problems.append(Problem((section.name, "use"), message))
    if problems:
        raise ParamsError(problems, params.file).located(lines(params.text))
    return typed
