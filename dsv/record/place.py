"""Places in a tree of params, as people write them: `clean.rules[1].range.min`."""

from __future__ import annotations

import json
import re
from typing import Any

from dsv.errors import UsageError
from dsv.record.problem import Path, found, path_text

_STEP = re.compile(r'\[(\d+)\]|(?:^|\.)("(?:[^"\\]|\\.)*"|[^.\[\]"]+)')


def parse(text: str) -> Path:
    """The steps of a place that `path_text` wrote; a name that has a dot or a bracket in it stands in quotes."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (match[1] is not None and not steps):
            break
        steps.append(int(match[1]) if match[1] is not None else _name(match[2]))
        at = match.end()
    if not steps or at < len(text):
        raise UsageError(f"{text!r} is no place in params.yaml.", hint="write it as in clean.rules[1].range.min")
    return tuple(steps)


def _name(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def put(tree: Any, place: Path, value: Any) -> Any:
    """The tree with the value at the place; mappings that are missing are made, a list may grow by one item."""
    return _put(tree, place, 0, value)


def _put(tree: Any, place: Path, depth: int, value: Any) -> Any:
    if depth == len(place):
        return value
    step, above = place[depth], path_text(place[:depth]) or "params.yaml"
    if isinstance(step, int):
        items = [] if tree is None else tree
        if not isinstance(items, list) or step > len(items):
            told = f"has {len(items)} items" if isinstance(items, list) else f"is {found(items)}, no list"
            raise UsageError(f"There is no {path_text(place[: depth + 1])}: {above} {told}.")
        inner = items[step] if step < len(items) else None
        return [*items[:step], _put(inner, place, depth + 1, value), *items[step + 1 :]]
    if tree is not None and not isinstance(tree, dict):
        raise UsageError(f"There is no {path_text(place[: depth + 1])}: {above} is {found(tree)}, no mapping.")
    items = dict(tree or {})
    return {**items, step: _put(items.get(step), place, depth + 1, value)}
