"""YAML for people: one value on one line, valid in block and in flow style, read alike by YAML 1.1 and 1.2."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from dsv.record import yaml12

_PLAIN: Final = re.compile(r"[\w.+-][\w ./+-]*(?<! )", re.ASCII)
_ITEM: Final = "- "
WIDTH: Final = 100


def scalar(value: Any) -> str:
    """A single value, in quotes where it would be read as something else."""
    written = yaml12.dump([value]).removeprefix(_ITEM).removesuffix("\n")
    if not isinstance(value, str) or _PLAIN.fullmatch(written):
        return written
    # JSON escapes no more than YAML allows as long as there is nothing but `"` and `\\` to escape
    quoted = not value.isprintable() and written[:1] in "'\"" and "\n" not in written
    return written if quoted else json.dumps(value, ensure_ascii=False)


def flow(value: Any) -> str:
    """Any value, with lists and mappings in brackets."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def block(key: str, value: Any, indent: int, step: int = 2, depth: int = 0) -> list[str]:
    """The lines of an entry; what is deep and short stands on one line, and a list of mappings has a line for each."""
    here = " " * indent
    line = f"{here}{scalar(key)}: {flow(value)}"
    if isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        return [f"{here}{scalar(key)}:", *(f"{here}{' ' * step}- {flow(item)}" for item in value)]
    if (
        not isinstance(value, Mapping)
        or not value
        or (len(line) <= WIDTH and (depth > 1 or (depth and len(value) == 1)))
    ):
        return [line]
    inner = [text for k, v in value.items() for text in block(k, v, indent + step, step, depth + 1)]
    return [f"{here}{scalar(key)}:", *inner]
