"""How a long operation tells where it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what is being done, and how much of it."""

    def step(self, text: str) -> None:
        """A new step begins."""

    def at(self, done: int, total: int) -> None:
        """So much of the step is done."""


class Silent:
    """Tells nobody."""

    def step(self, text: str) -> None:
        pass

    def at(self, done: int, total: int) -> None:
        pass


SILENT = Silent()
