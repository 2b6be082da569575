"""A small language of conditions over the columns of a record: SQL's words, no clock, no aggregate, no subquery.

    price > 0 and (lang in ('en', 'fr') or lang is null) and not matches(text, '^test')

    or  and  not  = == != <> < <= > >=  in (…)  between … and …  is [not] null  + - * / %  unary -  ( )
    texts 'a' or "a" (doubled quote = a quote), numbers, true, false, null; names as they are or in `backticks`
    functions: see `functions.py`

Null means unknown, as in SQL: a comparison with null is null, and a condition that is null does not hold. NaN is null.
Numbers are compared as they are, beyond 2^53 too; what 64 bits do not hold (`n * n`) is null.
A date or time is compared with a text in ISO 8601.
"""

from __future__ import annotations

from dsv.stages.expression.compile import TypeFault, compile_condition
from dsv.stages.expression.parse import parse
from dsv.stages.expression.syntax import ExpressionError, names

__all__ = ["ExpressionError", "TypeFault", "compile_condition", "names", "parse"]
