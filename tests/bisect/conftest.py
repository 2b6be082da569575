from __future__ import annotations

import os

import pytest

import dsv
from dsv.ops.delivery import Delivery
from tests.conftest import Project, Shelf
from tests.faults.conftest import Tell, tell

__all__ = ["Tell", "tell"]

CODE = "import polars as pl\n\ndef twice(records):\n    return records.with_columns(twice=pl.col('price') * 2)\n"


def sections(minimum: int = 0, salt: str = "v1") -> dict[str, object]:
    return {
        "clean": {"rules": [{"missing": {"columns": ["text"]}}, {"range": {"column": "price", "min": minimum}}]},
        "split": {"method": "hash", "fractions": {"train": 0.5, "test": 0.5}, "salt": salt},
        "twice": {"use": "python", "function": "mine:twice"},
    }


def deliver(project: Project, batch: str, first: int, last: int) -> None:
    rows = "id,text,price\n" + "".join(f"{i},{batch},{i % 10}.5\n" for i in range(first, last))
    dsv.add(
        Delivery([project.write(f"{batch}.csv", rows)], "shop", batch, key=("id",), license="MIT"), path=project.root
    )


def commit(project: Project, message: str, tag: str, author: str = "Ada") -> None:
    dsv.run(path=project.root)
    before = os.environ["GIT_AUTHOR_NAME"]
    os.environ["GIT_AUTHOR_NAME"] = author
    try:
        dsv.commit(message, tag, path=project.root)
    finally:
        os.environ["GIT_AUTHOR_NAME"] = before


def _history(project: Project) -> None:
    (project.root / "mine.py").write_text(CODE)
    deliver(project, "b1", 0, 20)
    project.params(**sections())
    commit(project, "first", "v1.0.0")
    deliver(project, "b2", 20, 25)
    commit(project, "a batch", "v1.1.0")
    deliver(project, "b3", 25, 30)
    (project.root / "mine.py").write_text(CODE.replace("* 2", "* 3"))
    project.params(**sections(4, "v2"))
    commit(project, "much at once", "v2.0.0", "Bob")
    deliver(project, "b4", 30, 32)
    commit(project, "another batch", "v2.1.0")


@pytest.fixture
def told(shelf: Shelf, project: Project) -> Project:
    """Four versions; in the third came a batch, a stricter rule, another split and another function at once."""
    return shelf.take("bisect", _history, lambda: project)
