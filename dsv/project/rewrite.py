"""Makes a YAML text say another value, and leaves what does not change as it is: comments, quotes, spaces.

Where the text has a form that cannot be edited in part, the entry around it is written anew, at worst the whole file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import yaml

from dsv.errors import DsvError
from dsv.project import inline
from dsv.project.splice import compose, last_line, step_of
from dsv.record import yaml12
from dsv.record.typedhash import encode, same

Edit = tuple[int, int, list[str]]


def rewrite(text: str, goal: Mapping[str, Any]) -> str:
    """The text of the goal, made of the text by as few changed lines as its form allows."""
    plain = yaml12.load(text)
    if says(plain, goal):
        return text
    root = compose(text)
    if isinstance(plain, Mapping) and isinstance(root, yaml.MappingNode) and not root.flow_style:
        rows = text.splitlines(keepends=True)
        if rows and not rows[-1].endswith("\n"):
            rows[-1] += "\n"
        edits: list[Edit] = []
        _mapping(root, plain, goal, _Shape(rows, step_of(root), edits), 0)
        edited = _applied(rows, edits)
        if says(_read(edited), goal):
            return edited
    return yaml12.dump(dict(goal))


def says(value: Any, goal: Any) -> bool:
    """Whether two values are the same in type, value and order of keys."""
    return same(value, goal) and encode(_ordered(value)) == encode(_ordered(goal))


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [[key, _ordered(item)] for key, item in value.items()]
    return [_ordered(item) for item in value] if isinstance(value, (list, tuple)) else value


def _read(text: str) -> Any:
    try:
        return yaml12.load(text)
    except DsvError:
        return None


class _Shape:
    """The lines of the text, by how much it indents, and the edits so far: lines from, to, and what stands there instead."""

    def __init__(self, rows: Sequence[str], step: int, edits: list[Edit]) -> None:
        self.rows, self.step, self.edits = rows, step, edits

    def put(self, start: int, end: int, lines: list[str]) -> None:
        self.edits.append((start, end, lines))


def _applied(rows: Sequence[str], edits: list[Edit]) -> str:
    ending = "\r\n" if rows and rows[0].endswith("\r\n") else "\n"
    found: list[str] = []
    at = 0
    for start, end, lines in sorted(edits, key=lambda edit: edit[:2]):
        found += [*rows[at:start], *(line + ending for line in lines)]
        at = end
    return "".join([*found, *rows[at:]])


def _mapping(node: yaml.MappingNode, old: Mapping[Any, Any], new: Mapping[Any, Any], shape: _Shape, depth: int) -> None:
    """Edits of the entries of a block mapping."""
    nodes = {str(key.value): (key, value) for key, value in node.value}
    indent = node.value[0][0].start_mark.column
    order = [key for key in new if key in old]
    if order != [key for key in old if key in new]:
        # The entries stand in another order: all are written anew, the comments among them are lost.
        first, last = node.value[0][0].start_mark.line, last_line(node) + 1
        shape.put(first, last, [line for k, v in new.items() for line in inline.block(k, v, indent, shape.step, depth)])
        return
    place = node.value[0][0].start_mark.line
    for key in old:
        if key not in new:
            name, value = nodes[str(key)]
            shape.put(name.start_mark.line, _end(name, value), [])
    for key, item in new.items():
        if key not in old:
            shape.put(place, place, inline.block(str(key), item, indent, shape.step, depth))
            continue
        name, value = nodes[str(key)]
        place = _end(name, value)
        if not says(old[key], item):
            _entry((name, value), old[key], item, shape, depth)


def _end(name: yaml.Node, value: yaml.Node) -> int:
    end: int = max(name.end_mark.line, last_line(value) if value.start_mark.index > name.start_mark.index else 0)
    return end + 1


def _entry(pair: tuple[yaml.Node, yaml.Node], old: Any, new: Any, shape: _Shape, depth: int) -> None:
    name, value = pair
    block = isinstance(value, yaml.CollectionNode) and not value.flow_style and bool(value.value)
    if block and isinstance(value, yaml.MappingNode) and isinstance(new, Mapping) and new:
        _mapping(value, old, new, shape, depth + 1)
    elif block and isinstance(value, yaml.SequenceNode) and isinstance(new, (list, tuple)) and new:
        _sequence(value, old, new, shape)
    else:
        start, end = name.start_mark.line, _end(name, value)
        lines = inline.block(str(name.value), new, name.start_mark.column, shape.step, depth)
        short = f"{' ' * name.start_mark.column}{inline.scalar(name.value)}: {inline.flow(new)}"
        if end == start + 1 and isinstance(value, yaml.CollectionNode) and len(short) <= inline.WIDTH:
            lines = [short]
        comment = _comment(shape.rows[start], value) if len(lines) == 1 and end == start + 1 else ""
        shape.put(start, end, [*lines[:-1], lines[-1] + comment])


def _comment(row: str, value: yaml.Node) -> str:
    """What follows a value on its line."""
    tail = row[value.end_mark.column :].rstrip("\r\n")
    return tail if tail.lstrip().startswith("#") else ""


def _sequence(node: yaml.SequenceNode, old: Sequence[Any], new: Sequence[Any], shape: _Shape) -> None:
    """Edits of the items of a block list; an item that changed is written anew on one line."""
    indent = node.start_mark.column
    starts = [item.start_mark.line for item in node.value]
    ends = [last_line(item) + 1 for item in node.value]
    same_items = SequenceMatcher(a=[encode(item) for item in old], b=[encode(item) for item in new], autojunk=False)
    for tag, i, i_end, j, j_end in same_items.get_opcodes():
        if tag != "equal":
            lines = [f"{' ' * indent}- {_item(item)}" for item in new[j:j_end]]
            start = starts[i] if i < i_end else (ends[i - 1] if i else starts[0])
            shape.put(start, ends[i_end - 1] if i < i_end else start, lines)


def _item(value: Any) -> str:
    flow = inline.flow(value)
    return flow[1:-1] if isinstance(value, Mapping) and len(value) == 1 else flow
