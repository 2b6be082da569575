"""What a case is given and what it returns."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench.generate import generate

ASIDE = "aside"


class Figure(NamedTuple):
    """One measured figure and, where there is one, the most it may be; `side` is whose it is where several are compared."""

    what: str
    value: float
    unit: str
    most: float | None = None
    side: str = ""


class Bench(NamedTuple):
    """Where to work, and on how many records."""

    folder: Path
    rows: int

    @property
    def data(self) -> Path:
        folder = self.folder / f"data-{self.rows}"
        generate(folder, self.rows)
        return folder

    def scratch(self, name: str) -> Path:
        """An empty folder."""
        return empty(self.folder / name)


def empty(folder: Path) -> Path:
    """The folder, empty. What was there is put aside: for minutes ext4 makes new files slowly where others were deleted."""
    if folder.exists():
        old = folder.parent / ASIDE
        old.mkdir(exist_ok=True)
        folder.rename(Path(tempfile.mkdtemp(dir=old)) / folder.name)
    folder.mkdir(parents=True)
    return folder


def clear(folder: Path) -> None:
    """Deletes what was put aside."""
    shutil.rmtree(folder / ASIDE, ignore_errors=True)
