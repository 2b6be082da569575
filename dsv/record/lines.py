"""Where in a YAML text each value stands."""

from __future__ import annotations

import yaml

from dsv.record.problem import Path


def lines(text: str) -> dict[Path, int]:
    """The line (from 1) of each path of the text; of an alias only its first place. Empty where it is no YAML."""
    try:
        root = yaml.compose(text.removeprefix("\ufeff"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    places: dict[Path, int] = {}
    if root is not None:
        _walk(root, (), root.start_mark.line + 1, places, set())
    return places


def _walk(node: yaml.Node, path: Path, line: int, places: dict[Path, int], seen: set[int]) -> None:
    places[path] = line
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                _walk(value, (*path, key.value), key.start_mark.line + 1, places, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), item.start_mark.line + 1, places, seen)
