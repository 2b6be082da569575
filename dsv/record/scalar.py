"""Single values of a params file against a type hint and the limits of its field: what is wrong, or None."""

from __future__ import annotations

import math
import operator
import re
import types
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Union, get_args, get_origin

from dsv.record.problem import found, listed, nearest

NONE: Final = type(None)
SCALARS: Final[Mapping[Any, str]] = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
BOUNDS: Final[tuple[tuple[str, str, Callable[[Any, Any], bool]], ...]] = (
    ("min", "at least", operator.ge),
    ("max", "at most", operator.le),
    ("above", "above", operator.gt),
    ("below", "below", operator.lt),
)


def wanted(hint: Any) -> str:
    """What a type hint allows, in words."""
    origin, arms = get_origin(hint), get_args(hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if hint is NONE:
        return "null"
    if origin is Literal:
        return f"one of {listed(arms)}"
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(wanted(arm) for arm in arms))
    if origin in (tuple, list):
        return f"a list, each {wanted(arms[0])}" if arms and arms[0] in SCALARS else "a list"
    return "a mapping"


def fits(hint: Any, raw: Any) -> bool:
    """Whether the value has the exact type: `true` is no whole number, but 1 may stand for 1.0."""
    return type(raw) is hint or (hint is float and type(raw) is int)


def mismatch(hint: Any, raw: Any) -> str:
    """What is wrong with a value of another type, and how to mend it where that is plain."""
    text = f"found {found(raw)}, {wanted(hint)} is wanted"
    if hint is str and not isinstance(raw, (Mapping, list, tuple)) and raw is not None:
        return f"{text}; write it in quotes"
    if hint in (int, float) and isinstance(raw, str) and _numeric(raw):
        return f"{text}; write it without quotes"
    if hint is bool and raw in ("yes", "no", "on", "off"):
        return f"{text}; YAML 1.2 reads {raw} as a text"
    return text


def literal(choices: tuple[Any, ...], raw: Any) -> str | None:
    """What is wrong with a value that must be one of the choices, in type too."""
    if any(type(raw) is type(choice) and raw == choice for choice in choices):
        return None
    near = nearest(raw, [c for c in choices if isinstance(c, str)]) if isinstance(raw, str) else ""
    return f"found {found(raw)}, one of {listed(choices)} is wanted{near}"


def outside(value: Any, limits: Mapping[str, Any]) -> str | None:
    """What is wrong with a value of the right type by the limits of its field."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        reason = _bounds(value, limits)
    elif isinstance(value, str):
        reason = _text(value, limits)
    else:
        reason = None
    if reason is None and "choices" in limits:
        return literal(tuple(limits["choices"]), value)
    return reason


def _bounds(value: float, limits: Mapping[str, Any]) -> str | None:
    if isinstance(value, float) and math.isnan(value):
        return "found nan, a number is wanted"
    broken = [
        f"{words} {limits[name]}" for name, words, test in BOUNDS if name in limits and not test(value, limits[name])
    ]
    return f"found {value}, {' and '.join(broken)} is allowed" if broken else None


def _text(value: str, limits: Mapping[str, Any]) -> str | None:
    if limits.get("nonempty") and not value:
        return "found an empty text"
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        return f"found {found(value)}, {limits.get('means', 'a text like ' + limits['pattern'])} is wanted"
    return None


def _numeric(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
