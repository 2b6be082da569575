"""Single tables whose size and repeated rows are published, through `dsv run`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import dsv
from tests.conftest import Project
from tests.histories import replay

pytestmark = pytest.mark.real
Real = Callable[[str], Path]


def adult(project: Project, folder: Path) -> None:
    names = ",".join(f"c{i:02d}" for i in range(15))
    told = ["--names", names, "--license", "CC-BY-4.0", "--types", "string"]
    for name in ("train", "test"):
        project.dsv("add", str(folder / f"adult-{name}.csv"), "--source", "s", *(told if name == "train" else ()))
    # The labels of the second file end with a dot.
    aliases = {"column": "c14", "map": {"<=50K.": "<=50K", ">50K.": ">50K"}}
    rules = [{"text": {"columns": ["c14"]}}, {"aliases": aliases}, {"duplicate": {}}]
    project.params(clean={"rules": rules}, audit={"label": "c14"})
    replay.commit(project, "v01")


def sms(project: Project, folder: Path) -> None:
    told = ["--names", "label,text", "--license", "CC-BY-4.0", "--types", "string"]
    project.dsv("add", str(folder / "sms.tsv"), "--source", "s", *told)
    # A quote is a character like any other there; read as quotes, two of the messages swallow others.
    replay.read_with(project, {"quote": False})
    project.params(clean={"rules": [{"duplicate": {}}]}, audit={"label": "label"})
    replay.commit(project, "v01")


def test_uci_adult_has_52_exact_duplicates(project: Project, real: Real) -> None:
    folder = real("uci_adult")
    adult(project, folder)
    known, shown = replay.facts(folder)["all"], dsv.show("HEAD", path=project.root)
    assert shown["stages"]["clean"]["in"] == known["rows"] == 48_842
    assert shown["dropped"] == {"clean.duplicate": known["exact_duplicate_rows"]} == {"clean.duplicate": 52}
    assert shown["quarantined"] == 0


def test_sms_spam_has_5574_messages_and_403_duplicates(project: Project, real: Real) -> None:
    folder = real("sms_spam")
    sms(project, folder)
    known, shown = replay.facts(folder), dsv.show("HEAD", path=project.root)
    assert shown["stages"]["clean"]["in"] == known["lines"] == 5574
    assert shown["dropped"] == {"clean.duplicate": known["exact_duplicate_lines"]} == {"clean.duplicate": 403}
    assert shown["records"] == sum(shown["labels"].values()) == known["distinct_label_text"]


@pytest.mark.long
@pytest.mark.parametrize(("name", "build"), [("uci_adult", adult), ("sms_spam", sms)])
def test_a_table_has_the_same_root_from_a_clone(
    project: Project, real: Real, tmp_path: Path, name: str, build: Callable[[Project, Path], None]
) -> None:
    build(project, real(name))
    replay.rebuilds_from_a_clone(project, ["v01"], tmp_path)
