"""Cuts the text of an expression into tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dsv.stages.expression.syntax import ExpressionError

TEXT, NUMBER, WORD, NAME, SIGN, END = "text", "number", "word", "name", "sign", "end"
KEYWORDS: Final = frozenset({"and", "or", "not", "in", "is", "null", "true", "false", "between"})
_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<name>`[^`]+`)
    |(?P<word>[^\W\d]\w*)
    |(?P<sign>==|!=|<>|<=|>=|[=<>+\-*/%(),])""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A piece of the text; keywords are lower-cased signs."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of the text, with an END after the last."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(_unreadable(text[at]), at)
        kind, piece = str(found.lastgroup), found.group()
        if kind == WORD and piece.lower() in KEYWORDS:
            yield Token(SIGN, piece.lower(), at)
        elif kind == TEXT:
            yield Token(TEXT, piece[1:-1].replace(piece[0] * 2, piece[0]), at)
        elif kind == NAME:
            yield Token(NAME, piece[1:-1], at)
        elif kind != "space":
            yield Token(kind, piece, at)
        at = found.end()
    yield Token(END, "", at)


def _unreadable(character: str) -> str:
    if character in "'\"`":
        return f"the {character} is never closed"
    hint = {"&": "; write and", "|": "; write or", "!": "; write not"}.get(character, "")
    return f"{character!r} means nothing here{hint}"
