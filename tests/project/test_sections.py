from __future__ import annotations

from dataclasses import dataclass

import pytest

from dsv.project.params import parse, sections
from dsv.record.problem import ParamsError


@dataclass(frozen=True)
class Clean:
    level: int = 1


KNOWN = {"clean": Clean, "split": Clean}


def test_every_section_becomes_the_params_of_its_stage() -> None:
    text = "dataset: d\nclean: {level: 2}\nclean-2: {use: clean}\nsplit:\n"
    assert sections(parse(text), KNOWN) == {"clean": Clean(2), "clean-2": Clean(), "split": Clean()}


def test_the_problems_of_all_sections_are_told_at_once() -> None:
    text = "dataset: d\nclean:\n  level: x\nsplti: {}\nother: {use: clen}\n"
    with pytest.raises(ParamsError) as caught:
        sections(parse(text), KNOWN)
    assert str(caught.value).splitlines() == [
        "params.yaml has 3 problems:",
        '  line 3: clean.level: found "x", a whole number is wanted.',
        "  line 4: splti: unknown key and no stage; did you mean split? Stages: clean, split; another name says use: STAGE.",
        '  line 5: other.use: found "clen", one of clean, split is wanted; did you mean clean?',
    ]


def test_a_misspelt_sources_is_told_as_such() -> None:
    with pytest.raises(ParamsError, match="did you mean sources"):
        sections(parse("dataset: d\nsource: {}\n"), KNOWN)
