"""The parts of an expression, and the error that says where it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class ExpressionError(Exception):
    """What is wrong with an expression, and the 0-based place in its text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at

    def shown(self, text: str) -> str:
        """The message with the text around the place."""
        left, right = text[max(0, self.at - 20) : self.at], text[self.at : self.at + 20]
        return f"{self.message}, at character {self.at + 1}: {left}▸{right}" if right else f"{self.message}, at the end"


@dataclass(frozen=True)
class Literal:
    value: str | int | float | bool | None
    at: int


@dataclass(frozen=True)
class Column:
    name: str
    at: int


@dataclass(frozen=True)
class Call:
    """An operator or a function and its arguments."""

    name: str
    arguments: tuple[Node, ...]
    at: int


Node = Literal | Column | Call


def names(node: Node) -> tuple[str, ...]:
    """The columns that the expression reads, in order of appearance."""
    return tuple(dict.fromkeys(_names(node)))


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Column):
        yield node.name
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from _names(argument)
