"""Keeps records for which a condition holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import polars as pl

from dsv.stages import expression
from dsv.stages.base import Named
from dsv.stages.expression import ExpressionError
from dsv.stages.expression.syntax import Call, Literal, Node
from dsv.stages.rules import regex, shown
from dsv.stages.rules.base import Common, Effect, Problems, RuleError, evaluate

NAME = "filter"
DOC = "Keeps the records for which a condition holds; where it is null (unknown), it does not hold."


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`filter: "price > 0 and lang in ('en', 'fr')"`; the language: dsv/stages/expression."""

    SHORT: ClassVar[str] = "where"

    where: str = field(metadata={"nonempty": True})

    def named(self) -> tuple[Named, ...]:
        return tuple(Named(("where",), name) for name in expression.names(expression.parse(self.where)))

    def impossible(self) -> Problems:
        try:
            node = expression.parse(self.where)
        except ExpressionError as error:
            yield "where", error.shown(self.where)
            return
        if not expression.names(node):
            yield "where", f"found {self.where!r}, which reads no column"
        for pattern in _patterns(node):
            if reason := regex.fault(pattern):
                yield "where", reason


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Drops the rows for which the condition does not hold."""
    node = expression.parse(params.where)
    try:
        condition = expression.compile_condition(node, frame.schema)
    except ExpressionError as error:
        raise RuleError(error.shown(params.where)) from error
    holds = evaluate(frame, condition.fill_null(False))
    return Effect(~holds, shown.many(frame, expression.names(node)))


def _patterns(node: Node) -> list[str]:
    if not isinstance(node, Call):
        return []
    found = [pattern for argument in node.arguments for pattern in _patterns(argument)]
    if node.name == "matches" and isinstance(node.arguments[1], Literal):
        found.append(str(node.arguments[1].value))
    return found
