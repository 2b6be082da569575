"""Values of records as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

LONGEST = 70
LEAD = 20
ELEMENTS = 5


def short(value: Any, longest: int = LONGEST) -> str:
    """The value on one line, cut where it is long; a text that would not be seen as it is stands in quotes."""
    return _cut(shown(value), longest)


def changed(name: str, old: Any, new: Any) -> Iterator[str]:
    """Lines that say what became of a value: of lists, the elements that went and came."""
    if isinstance(old, list) and isinstance(new, list):
        yield from _elements(name, old, new)
        return
    was, now = shown(old), shown(new)
    if _cut(was) == _cut(now):
        # Both are cut before they differ: what is alike is left out.
        start = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
        was, now = ("…" + text[start - LEAD :] for text in (was, now))
    yield f"{name}: {_cut(was)} → {_cut(now)}"


def _elements(name: str, old: list[Any], new: list[Any]) -> Iterator[str]:
    went, came = _without(old, new), _without(new, old)
    yield f"{name}: {len(old)} → {len(new)} elements" + ("" if went or came else ", in another order")
    for sign, elements in (("-", went), ("+", came)):
        for element in elements[:ELEMENTS]:
            yield f"  {sign} {short(element)}"
        if len(elements) > ELEMENTS:
            yield f"  {sign} {len(elements) - ELEMENTS} more"


def _without(some: list[Any], others: list[Any]) -> list[Any]:
    """The elements of one list that the other has not, or not as often."""
    left = [shown(element) for element in others]
    found = []
    for element in some:
        text = shown(element)
        if text in left:
            left.remove(text)
        else:
            found.append(element)
    return found


def shown(value: Any) -> str:
    """The whole value on one line, nothing of it unseen: quoted or escaped where it has to be."""
    if type(value) is int:
        return str(value)
    if not isinstance(value, str):
        return visible(json.dumps(_dense(value), ensure_ascii=False, default=str))
    if value and value.isprintable() and value == value.strip() and value not in ("null", "true", "false"):
        return value
    return visible(json.dumps(value, ensure_ascii=False))


def visible(text: str) -> str:
    """The text with what prints as nothing, or turns the direction of what follows, as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _dense(value: Any) -> Any:
    """A structure without its nulls."""
    return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def _cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
