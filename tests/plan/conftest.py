from __future__ import annotations

import pytest

from tests.conftest import Project, Shelf
from tests.faults.conftest import Tell, tell

__all__ = ["Tell", "tell"]

ROWS = [f"{i},{'abcdefg'[i % 7]}{i // 14},{i % 10}.5,{'xyz'[i % 3]}" for i in range(60)]
VOTES = "id,who,label\n" + "".join(f"{i},{who},{'pq'[i % 2]}\n" for i in range(0, 60, 2) for who in ("ada", "bob"))
CODE = "import polars as pl\n\ndef twice(records):\n    return records.with_columns(twice=pl.col('price') * 2)\n"
SECTIONS = {
    "clean": {"rules": [{"duplicate": {"columns": ["text"]}}, {"range": {"column": "price", "min": 1}}]},
    "merge": {"min_votes": 2},
    "twice": {"use": "python", "function": "mine:twice"},
    "split": {"method": "sticky", "fractions": {"train": 0.6, "test": 0.4}},
    "audit": {"label": "label"},
}


def table(rows: list[str]) -> str:
    return "id,text,price,g\n" + "\n".join(rows) + "\n"


def _built(project: Project) -> None:
    shop = ("--source", "shop", "--batch", "b1", "--key", "id", "--license", "MIT")
    project.dsv("add", str(project.write("b1.csv", table(ROWS[:40]))), *shop)
    votes = ("--source", "votes", "--item", "id", "--annotator", "who", "--value", "label", "--of", "shop")
    project.dsv("add", str(project.write("votes.csv", VOTES)), *votes, "--license", "MIT")
    (project.root / "mine.py").write_text(CODE)
    project.params(**SECTIONS)
    project.dsv("run")
    project.dsv("commit", "-m", "first", "--tag", "v1.0.0")


@pytest.fixture
def built(shelf: Shelf, project: Project) -> Project:
    """A version of records, votes, a function and a split, committed."""
    return shelf.take("planned", _built, lambda: project)
