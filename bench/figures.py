"""What a case is given and what it returns."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from bench.generate import generate


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
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder
