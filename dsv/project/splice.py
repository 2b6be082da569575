"""Puts an entry into a YAML text and leaves every other byte as it is: comments, quotes, indentation, spaces.

The text is cut where the parser says that a node ends. A round trip through a YAML library would write the whole file
anew in that library's style. A change that the reader does not find back exactly as meant is refused, not written.
"""

from __future__ import annotations

import copy
from typing import Any

import yaml

from dsv.errors import DsvError
from dsv.project import inline
from dsv.record import schema, yaml12
from dsv.record.problem import path_text
from dsv.record.typedhash import same

Names = tuple[str, ...]
STEP = 2
WORDS = ("null", "Null", "NULL", "~", "true", "True", "TRUE", "false", "False", "FALSE")


class Refused(DsvError):
    """The text has a form that cannot be edited without touching the rest."""


def insert(text: str, path: Names, key: str, value: Any) -> str:
    """The text with `key: value` as the last entry of the mapping at the path; mappings that are missing are made."""
    plain = yaml12.load(text)
    root = compose(text)
    while path and _find(root, path) is None:
        path, key, value = path[:-1], path[-1], {key: value}
    goal = copy.deepcopy(plain) if plain is not None else {}
    target = goal
    for name in path[:-1]:
        target = target[name]
    if path:
        if target[path[-1]] is None:
            target[path[-1]] = {}
        target = target[path[-1]]
    if not isinstance(target, dict) or key in target:
        raise Refused(f"{path_text((*path, key))} is there already, or has no place.", hint="edit params.yaml by hand")
    target[key] = value
    return _checked(_insert(text, root, path, key, value), goal, (*path, key), value)


def append(text: str, path: Names, value: Any) -> str:
    """The text with the value as the last item of the list at the path; a list that is missing is made."""
    root = compose(text)
    node = _find(root, path)
    if node is None:
        return insert(text, path[:-1], path[-1], [value])
    goal = copy.deepcopy(yaml12.load(text))
    parent = goal
    for name in path[:-1]:
        parent = parent[name]
    items = [] if parent[path[-1]] is None else parent[path[-1]]
    if not isinstance(items, list):
        raise Refused(f"{path_text(path)} is no list.", hint="edit params.yaml by hand")
    parent[path[-1]] = [*items, value]
    return _checked(_append(text, node, value), goal, path, [value])


def quote_keys(text: str) -> str:
    """The text with quotes around the keys `null`, `true` and `false`: here they are names, and DVC wants texts."""
    keys: dict[int, yaml.ScalarNode] = {}
    _bare_words(compose(text), keys, set())
    edited = text
    for start in sorted(keys, reverse=True):
        name = schema.word(yaml12.load(keys[start].value))
        edited = f'{edited[:start]}"{name}"{edited[keys[start].end_mark.index :]}'
    if not same(yaml12.load(edited), _worded(yaml12.load(text))):
        raise Refused("A key null, true or false of params.yaml is in no quotes.", hint="put it in quotes by hand")
    return edited


def _bare_words(node: yaml.Node | None, keys: dict[int, yaml.ScalarNode], seen: set[int]) -> None:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and not key.style and key.value in WORDS:
                keys[key.start_mark.index] = key
            _bare_words(value, keys, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _bare_words(item, keys, seen)


def _worded(value: Any) -> Any:
    if isinstance(value, dict):
        return {schema.word(key) or key: _worded(item) for key, item in value.items()}
    return [_worded(item) for item in value] if isinstance(value, list) else value


def compose(text: str) -> yaml.Node | None:
    """The nodes of a text, with the places where they stand."""
    try:
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise Refused(f"params.yaml is not valid YAML: {' '.join(str(error).split())}") from error


def _find(node: yaml.Node | None, path: Names) -> yaml.Node | None:
    for name in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for key, value in node.value if key.value == name), None)
    return node


def _checked(text: str, goal: Any, path: Names, value: Any) -> str:
    try:
        good = same(yaml12.load(text), goal)
    except DsvError:
        good = False
    if not good:
        entry = inline.flow({path[-1]: value})[1:-1]
        raise Refused(
            f"params.yaml is written in a way that cannot be added to: {path_text(path[:-1]) or 'it'} lacks {entry}",
            hint="write it into params.yaml by hand",
        )
    return text


def _insert(text: str, root: yaml.Node | None, path: Names, key: str, value: Any) -> str:
    node = _find(root, path)
    if node is None:
        return _after_line(text, text.count("\n"), inline.block(key, value, 0), 0)
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        indent = node.value[0][0].start_mark.column
        step = step_of(root)
        return _after_line(text, last_line(node), inline.block(key, value, indent, step), indent)
    if isinstance(node, yaml.MappingNode) and node.value:
        end = node.value[-1][1].end_mark.index
        return f"{text[:end]}, {inline.scalar(key)}: {inline.flow(value)}{text[end:]}"
    if not path:
        return _after_line(_cut(text, node), node.start_mark.line, inline.block(key, value, 0), 0)
    if _in_flow(root, path):
        return _replace(text, node, inline.flow({key: value}))
    step = step_of(root)
    indent = _key(root, path).start_mark.column + step
    return _after_line(_cut(text, node), node.start_mark.line, inline.block(key, value, indent, step), indent)


def _append(text: str, node: yaml.Node, value: Any) -> str:
    written = inline.flow(value)
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        return _replace(text, node, f"[{written}]")
    if node.flow_style:
        end = node.value[-1].end_mark.index
        return f"{text[:end]}, {written}{text[end:]}"
    indent = node.start_mark.column
    return _after_line(text, last_line(node), [f"{' ' * indent}- {written}"], indent)


def _replace(text: str, node: yaml.Node, written: str) -> str:
    """The text with a node of its own line written anew; after a bare `key:` a space is put in between."""
    start, end = node.start_mark.index, node.end_mark.index
    space = " " if start == end and text[start - 1 : start] == ":" else ""
    return f"{text[:start]}{space}{written}{text[end:]}"


def _cut(text: str, node: yaml.Node) -> str:
    """The text without a null or empty node, and without the spaces that would end its line then."""
    head, tail = text[: node.start_mark.index], text[node.end_mark.index :]
    return (head.rstrip(" ") if tail[:1] in ("", "\r", "\n") else head) + tail


def _after_line(text: str, line: int, added: list[str], indent: int) -> str:
    """The text with lines added after a line and the comments below it that are indented as what is added."""
    rows = _rows(text)
    end = "\r\n" if rows and rows[0].endswith("\r\n") else "\n"
    at = min(line + 1, len(rows))
    while indent and at < len(rows) and _is_comment(rows[at], indent):
        at += 1
    if at and not rows[at - 1].endswith("\n"):
        rows[at - 1] += end
    return "".join([*rows[:at], *(row + end for row in added), *rows[at:]])


def _rows(text: str) -> list[str]:
    rows = text.split("\n")
    return [row + "\n" for row in rows[:-1]] + ([rows[-1]] if rows[-1] else [])


def _is_comment(row: str, indent: int) -> bool:
    return row.lstrip(" ").startswith("#") and len(row) - len(row.lstrip(" ")) >= indent


def last_line(node: yaml.Node) -> int:
    """The last line of a node's own text: a block's end mark stands behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        if not isinstance(last, tuple):
            return last_line(last)
        key, value = last
        at: int = key.end_mark.line
        # an alias has the marks of what it stands for
        return max(at, last_line(value)) if value.start_mark.index > key.start_mark.index else at
    mark = node.end_mark
    line: int = mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line
    return line


def _key(root: yaml.Node | None, path: Names) -> yaml.Node:
    parent = _find(root, path[:-1])
    assert isinstance(parent, yaml.MappingNode)
    found: yaml.Node = next(key for key, _ in parent.value if key.value == path[-1])
    return found


def _in_flow(root: yaml.Node | None, path: Names) -> bool:
    parents = [_find(root, path[:end]) for end in range(len(path))]
    return any(isinstance(node, yaml.CollectionNode) and node.flow_style for node in parents)


def step_of(root: yaml.Node | None) -> int:
    """By how much the file indents: as its first mapping within a mapping does."""
    values = [value for _, value in root.value] if isinstance(root, yaml.MappingNode) else []
    blocks = (value for value in values if isinstance(value, yaml.MappingNode) and not value.flow_style)
    return next((int(block.start_mark.column) for block in blocks), STEP)
