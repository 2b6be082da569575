"""YAML 1.2 (core schema plus dates), as DVC reads and writes it, at the speed of libyaml.

PyYAML resolves scalars by YAML 1.1: there `no` is false, `1e-3` a text, `010` eight and `12:30` a number of minutes.
params.yaml and dvc.lock are YAML 1.2, so reading them with the stock loader would see other values than DVC does.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

from dsv.errors import DsvError

BOOL = "tag:yaml.org,2002:bool"
FLOAT = "tag:yaml.org,2002:float"
INT = "tag:yaml.org,2002:int"
MERGE = "tag:yaml.org,2002:merge"
NULL = "tag:yaml.org,2002:null"
TIMESTAMP = "tag:yaml.org,2002:timestamp"

DIGITS = "0123456789"
FLOATS = (
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)"
    r"|\.(?:nan|NaN|NAN)"
)
INTEGERS = r"[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+"
TIMES = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}"
    r"(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?"
)
CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
# tag, pattern, first characters; the first pattern that fits wins
RESOLVERS: tuple[tuple[str, str, str], ...] = (
    (BOOL, r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (FLOAT, FLOATS, "-+." + DIGITS),
    (INT, INTEGERS, "-+" + DIGITS),
    (MERGE, r"<<", "<"),
    (NULL, r"~|null|Null|NULL|", "~nN\0"),
    (TIMESTAMP, TIMES, DIGITS),
)


def _table() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    table: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for tag, pattern, firsts in RESOLVERS:
        compiled = re.compile(rf"(?:{pattern})\Z")
        for first in firsts:
            table.setdefault("" if first == "\0" else first, []).append((tag, compiled))
    return table


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers = _table()

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        _refuse_duplicates(self, node)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.CSafeDumper):
    """Quotes every text that either YAML 1.1 or 1.2 would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _refuse_duplicates(loader: _Loader, node: yaml.MappingNode) -> None:
    seen: set[tuple[str, str]] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == MERGE:
            continue
        same = (key.tag, key.value)
        if same in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} is here twice", key.start_mark)
        seen.add(same)


def _integer(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> int:
    text = node.value.replace("_", "")
    sign = -1 if text[:1] == "-" else 1
    text = text.lstrip("+-")
    base = {"0b": 2, "0x": 16, "0o": 8}.get(text[:2])
    return sign * (int(text[2:], base) if base else int(text))


def _number(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> float:
    text = node.value.replace("_", "").lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


_Loader.add_constructor(INT, _integer)
_Loader.add_constructor(FLOAT, _number)
_Dumper.yaml_implicit_resolvers = {
    first: [*_Loader.yaml_implicit_resolvers.get(first, []), *yaml.CSafeDumper.yaml_implicit_resolvers.get(first, [])]
    for first in {*_Loader.yaml_implicit_resolvers, *yaml.CSafeDumper.yaml_implicit_resolvers}
}


def load(text: str | bytes) -> Any:
    """The one document of a YAML 1.2 text, as plain Python values. Keys that occur twice are refused."""
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        return yaml.load(decoded, Loader=_Loader)  # noqa: S506  a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        conflict = CONFLICT.search(decoded)
        if conflict:
            line = decoded.count("\n", 0, conflict.start()) + 1
            raise DsvError(f"a merge conflict in line {line}", hint="dsv resolve") from error
        raise DsvError(f"not valid YAML{_place(error)}: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DsvError(f"not valid YAML: {' '.join(str(error).split())}") from error


def mapping(data: str | bytes, name: str, hint: str | None = None) -> dict[str, Any]:
    """The mapping that a file of the project holds; empty where the file is. What is wrong is told with the file's name."""
    hint = hint or f"git checkout -- {name}"
    try:
        found = load(data)
    except DsvError as error:
        raise DsvError(f"{name}: {error.message}", hint=error.hint or hint) from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise DsvError(f"{name} is no mapping.", hint=hint)
    return found


def dump(obj: Any) -> str:
    """The value as YAML that reads back equal under YAML 1.1 and 1.2: block style, keys in their order, no folding."""
    try:
        return yaml.dump(
            obj, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1 << 30
        )
    except yaml.YAMLError as error:
        raise DsvError(f"cannot be written as YAML: {' '.join(str(error).split())}") from error


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
