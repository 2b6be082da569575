"""From an expression to Polars, with the types of a shard's columns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import NamedTuple

import polars as pl

from dsv.stages import moment, number
from dsv.stages.expression.functions import (
    BOOL,
    CONSTANT,
    DATE,
    DATETIME,
    FUNCTIONS,
    LIST,
    NULL,
    NUMBER,
    OTHER,
    TEXT,
)
from dsv.stages.expression.syntax import Call, Column, ExpressionError, Literal, Node

Schema = Mapping[str, pl.DataType]


class TypeFault(ExpressionError):
    """The expression does not fit the types of the columns."""


class Typed(NamedTuple):
    """An expression and the kind of its values."""

    expr: pl.Expr
    kind: str
    dtype: pl.DataType


UNKNOWN = Typed(pl.lit(None, pl.Boolean), NULL, pl.Null())
COMPARE = {"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "%": "mod"}


def compile_condition(node: Node, schema: Schema) -> pl.Expr:
    """The condition as a Polars expression: true, false or null. Columns of type Null are null everywhere."""
    found = _compile(node, schema)
    if found.kind not in (BOOL, NULL):
        raise TypeFault(f"a condition is wanted, this is a {found.kind}", node.at)
    return found.expr.cast(pl.Boolean)


def _compile(node: Node, schema: Schema) -> Typed:
    if isinstance(node, Literal):
        return _literal(node)
    if isinstance(node, Column):
        return _column(node, schema)
    if node.name in ("and", "or"):
        left, right = (compile_condition(argument, schema) for argument in node.arguments)
        return _bool(left & right if node.name == "and" else left | right)
    if node.name == "not":
        return _bool(~compile_condition(node.arguments[0], schema))
    if node.name == "is null":
        return _bool(_compile(node.arguments[0], schema).expr.is_null())
    if node.name == "in":
        first, *others = node.arguments
        tests = [_compare(Call("=", (first, other), other.at), schema).expr for other in others]
        return _bool(reduce(lambda a, b: a | b, tests))
    if node.name in COMPARE:
        return _compare(node, schema)
    if node.name in ARITHMETIC or node.name == "negative":
        return _arithmetic(node, schema)
    return _function(node, schema)


def _bool(expr: pl.Expr) -> Typed:
    return Typed(expr, BOOL, pl.Boolean())


def _literal(node: Literal) -> Typed:
    value = node.value
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return _bool(pl.lit(value))
    if isinstance(value, str):
        return Typed(pl.lit(value), TEXT, pl.String())
    dtype: pl.DataType = pl.Int64() if isinstance(value, int) else pl.Float64()
    return Typed(pl.lit(value, dtype), NUMBER, dtype)


def _column(node: Column, schema: Schema) -> Typed:
    if node.name not in schema:
        raise TypeFault(f"there is no column {node.name!r}", node.at)
    dtype, value = schema[node.name], pl.col(node.name)
    if dtype == pl.Null:
        return UNKNOWN
    if dtype == pl.String:
        return Typed(value, TEXT, dtype)
    if dtype.is_float():
        return Typed(value.cast(pl.Float64).fill_nan(None), NUMBER, pl.Float64())
    if dtype.is_integer():
        # An unsigned 64-bit value need not fit.
        kind = pl.UInt64() if dtype == pl.UInt64 else pl.Int64()
        return Typed(value.cast(kind), NUMBER, kind)
    if dtype.is_numeric():
        return Typed(value.cast(pl.Float64), NUMBER, pl.Float64())
    if dtype in (pl.Date, pl.Boolean):
        return Typed(value, DATE if dtype == pl.Date else BOOL, dtype)
    if isinstance(dtype, pl.Datetime):
        return Typed(value, DATETIME, dtype)
    return Typed(value, LIST if isinstance(dtype, pl.List) else OTHER, dtype)


def _compare(node: Call, schema: Schema) -> Typed:
    left, right = (_compile(argument, schema) for argument in node.arguments)
    if any(isinstance(a, Literal) and a.value is None for a in node.arguments):
        raise TypeFault("a comparison with null is never true; write is null", node.at)
    if NULL in (left.kind, right.kind):
        return UNKNOWN
    left, right = _moment(right, left, node.arguments[0]), _moment(left, right, node.arguments[1])
    moments = (DATE, DATETIME)
    alike = left.kind == right.kind or (left.kind in moments and right.kind in moments)
    if not alike or left.kind in (LIST, OTHER):
        raise TypeFault(f"a {left.kind} and a {right.kind} cannot be compared", node.at)
    if left.kind in moments:
        left, right = _precise(left), _precise(right)
    if left.kind == NUMBER:
        return _bool(number.compare(COMPARE[node.name], left.expr, right.expr, (left.dtype, right.dtype)))
    return _bool(getattr(left.expr, COMPARE[node.name])(right.expr))


def _moment(beside: Typed, value: Typed, written: Node) -> Typed:
    """One side of a comparison: a text written beside a date is a date."""
    if beside.kind not in (DATE, DATETIME) or not isinstance(written, Literal) or not isinstance(written.value, str):
        return value
    parsed = moment.parse(written.value)
    if parsed is None:
        raise TypeFault(f"{written.value!r} is no date such as '2026-01-31'", written.at)
    return Typed(moment.literal(parsed, beside.dtype), DATETIME, beside.dtype)


def _precise(value: Typed) -> Typed:
    """Dates as times, times in UTC without their zone, so that all compare."""
    if isinstance(value.dtype, pl.Datetime) and value.dtype.time_zone is not None:
        return value._replace(expr=value.expr.dt.convert_time_zone("UTC").dt.replace_time_zone(None))
    return value._replace(expr=value.expr.cast(pl.Datetime("us")))


def _arithmetic(node: Call, schema: Schema) -> Typed:
    sides = [_compile(argument, schema) for argument in node.arguments]
    for side, argument in zip(sides, node.arguments, strict=True):
        if side.kind not in (NUMBER, NULL):
            raise TypeFault(f"a number is wanted, this is a {side.kind}", argument.at)
    if any(side.kind == NULL for side in sides):
        return Typed(pl.lit(None, pl.Float64), NULL, pl.Null())
    floats = node.name == "/" or any(side.dtype != pl.Int64 for side in sides)
    # What two 64-bit numbers make is exact; beyond 64 bits it is null.
    kind = pl.Float64() if floats else number.WHOLE
    if node.name == "negative":
        return _number(pl.lit(0, kind) - sides[0].expr.cast(kind), floats=floats)
    left, right = (side.expr.cast(kind) for side in sides)
    # In SQL and here, what has no value is null; Polars says infinity.
    right = pl.when(right != 0).then(right) if node.name in "/%" else right
    value = getattr(left, ARITHMETIC[node.name])(right)
    return _number(value, floats=floats)


def _number(value: pl.Expr, *, floats: bool) -> Typed:
    """What was computed; null where it is no number, or one that 64 bits do not hold."""
    return Typed(value.fill_nan(None), NUMBER, pl.Float64()) if floats else Typed(number.within(value), NUMBER, pl.Int64())


def _function(node: Call, schema: Schema) -> Typed:
    function = FUNCTIONS[node.name]
    given: list[pl.Expr | str] = []
    kinds, dtypes = [], []
    for argument, wanted in zip(node.arguments, function.takes, strict=True):
        if wanted == CONSTANT:
            if not isinstance(argument, Literal) or not isinstance(argument.value, str):
                raise TypeFault(f"{node.name}() wants a text in quotes here", argument.at)
            given.append(argument.value)
            continue
        found = _compile(argument, schema)
        if found.kind == NULL:
            return UNKNOWN
        if found.kind not in wanted.split("|"):
            raise TypeFault(
                f"{node.name}() wants a {wanted.replace('|', ' or a ')}, this is a {found.kind}", argument.at
            )
        given.append(found.expr)
        kinds.append(found.kind)
        dtypes.append(found.dtype)
    expr = function.make(*given, *kinds) if node.name == "len" else function.make(*given)
    if function.gives == NUMBER:
        return _number(expr, floats=dtypes == [pl.Float64()])
    return Typed(expr, function.gives, pl.String())
