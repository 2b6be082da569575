"""From text to an expression, by recursive descent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from dsv.stages.expression.functions import FUNCTIONS
from dsv.stages.expression.syntax import Call, Column, ExpressionError, Literal, Node
from dsv.stages.expression.tokens import END, NAME, NUMBER, SIGN, TEXT, WORD, Token, tokens

COMPARISONS: Final = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
LARGEST: Final = 2**63 - 1
DEEPEST: Final = 50


def parse(text: str) -> Node:
    """The expression that the text says; an ExpressionError where it says none."""
    parser = _Parser(list(tokens(text)))
    node = parser.either()
    if parser.token.kind != END:
        raise ExpressionError(f"{parser.token.text!r} is not expected", parser.token.at)
    return node


class _Parser:
    """The tokens and the place in them."""

    def __init__(self, listed: list[Token]) -> None:
        self.tokens = listed
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.token
        if token.kind != END:
            self.place += 1
        return token

    def sees(self, *signs: str) -> bool:
        return self.token.kind == SIGN and self.token.text in signs

    def accept(self, *signs: str) -> Token | None:
        return self.take() if self.sees(*signs) else None

    def expect(self, sign: str) -> None:
        if self.accept(sign) is None:
            raise ExpressionError(f"{sign!r} is expected", self.token.at)

    def either(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError("too many brackets within brackets", self.token.at)
        node = self.both()
        while token := self.accept("or"):
            node = Call("or", (node, self.both()), token.at)
        self.depth -= 1
        return node

    def both(self) -> Node:
        node = self.negated()
        while token := self.accept("and"):
            node = Call("and", (node, self.negated()), token.at)
        return node

    def negated(self) -> Node:
        nots = []
        while token := self.accept("not"):
            nots.append(token)
        node = self.compared()
        return Call("not", (node,), nots[0].at) if len(nots) % 2 else node

    def compared(self) -> Node:
        node = self.added()
        if token := self.accept(*COMPARISONS):
            node = Call(COMPARISONS[token.text], (node, self.added()), token.at)
            if self.sees(*COMPARISONS):
                raise ExpressionError("comparisons do not chain; write a < b and b < c", self.token.at)
            return node
        if token := self.accept("is"):
            negative = self.accept("not")
            self.expect("null")
            return _maybe_not(negative, Call("is null", (node,), token.at))
        negative = self.accept("not")
        if token := self.accept("in"):
            return _maybe_not(negative, Call("in", (node, *self.listed()), token.at))
        if token := self.accept("between"):
            low = self.added()
            self.expect("and")
            bounds = Call(">=", (node, low), token.at), Call("<=", (node, self.added()), token.at)
            return _maybe_not(negative, Call("and", bounds, token.at))
        if negative:
            raise ExpressionError("in or between is expected after not", self.token.at)
        return node

    def listed(self) -> tuple[Node, ...]:
        self.expect("(")
        found = [self.added()]
        while self.accept(","):
            found.append(self.added())
        self.expect(")")
        return tuple(found)

    def added(self) -> Node:
        node = self.multiplied()
        while token := self.accept("+", "-"):
            node = Call(token.text, (node, self.multiplied()), token.at)
        return node

    def multiplied(self) -> Node:
        node = self.signed()
        while token := self.accept("*", "/", "%"):
            node = Call(token.text, (node, self.signed()), token.at)
        return node

    def signed(self) -> Node:
        minus = []
        while token := self.accept("-"):
            minus.append(token)
        node = self.atom()
        if len(minus) % 2 == 0:
            return node
        if isinstance(node, Literal) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return Literal(-node.value, minus[0].at)
        return Call("negative", (node,), minus[0].at)

    def atom(self) -> Node:
        token = self.take()
        if token.kind == NUMBER:
            return Literal(_number(token), token.at)
        if token.kind == TEXT:
            return Literal(token.text, token.at)
        if token.kind == WORD and self.sees("("):
            return self.call(token)
        if token.kind in (WORD, NAME):
            return Column(token.text, token.at)
        if token.kind == SIGN and token.text in ("true", "false", "null"):
            return Literal({"true": True, "false": False, "null": None}[token.text], token.at)
        if token.kind == SIGN and token.text == "(":
            node = self.either()
            self.expect(")")
            return node
        missing = "something is missing" if token.kind == END else f"{token.text!r} is not expected"
        raise ExpressionError(missing, token.at)

    def call(self, word: Token) -> Node:
        name = word.text.lower()
        if name not in FUNCTIONS:
            raise ExpressionError(f"there is no function {word.text}(); there are {', '.join(FUNCTIONS)}", word.at)
        self.expect("(")
        arguments: list[Node] = []
        while not self.sees(")"):
            arguments.append(self.either())
            if not self.accept(","):
                break
        self.expect(")")
        wanted = FUNCTIONS[name].takes
        if len(arguments) != len(wanted):
            raise ExpressionError(f"{name}() takes {len(wanted)} arguments, found {len(arguments)}", word.at)
        return Call(name, tuple(arguments), word.at)


def _maybe_not(negative: Token | None, node: Node) -> Node:
    return node if negative is None else Call("not", (node,), negative.at)


def _decimal(text: str) -> int | float:
    """A number with decimals; a whole one that no float holds is what is written."""
    value = float(text)
    if not 2**53 <= value <= 2**63:
        return value
    exact = Decimal(text)
    held = exact == Decimal(value) or exact != int(exact) or exact > LARGEST
    return value if held else int(exact)


def _number(token: Token) -> int | float:
    if not token.text.isdigit():
        return _decimal(token.text)
    if int(token.text) > LARGEST:
        raise ExpressionError("the number is too large", token.at)
    return int(token.text)
