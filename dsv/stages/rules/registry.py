"""All rules by name, in the order in which help lists them. A module that fits the Protocol is a rule."""

from __future__ import annotations

from typing import Any, Final

from dsv.stages.rules import (
    aliases,
    allowed,
    boxes,
    date,
    duplicate,
    fill,
    filter,
    length,
    missing,
    pattern,
    range,
    round,
    text,
    type,
    undecodable,
    unit,
)
from dsv.stages.rules.base import GlobalRule, LocalRule

LOCAL: Final[dict[str, LocalRule]] = {
    "missing": missing,
    "range": range,
    "pattern": pattern,
    "allowed": allowed,
    "type": type,
    "filter": filter,
    "length": length,
    "undecodable": undecodable,
    "boxes": boxes,
    "text": text,
    "date": date,
    "unit": unit,
    "aliases": aliases,
    "fill": fill,
    "round": round,
}
GLOBAL: Final[dict[str, GlobalRule]] = {"duplicate": duplicate}
PARAMS: Final[dict[str, Any]] = {
    **{name: rule.Params for name, rule in LOCAL.items()},
    **{name: rule.Params for name, rule in GLOBAL.items()},
}
