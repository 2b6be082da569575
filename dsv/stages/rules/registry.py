"""All rules of `clean`. One line each."""

from __future__ import annotations

from typing import Any

from dsv.stages.rules import (
    aliases,
    allowed,
    boxes,
    date,
    duplicate,
    filter,
    length,
    missing,
    pattern,
    range,
    text,
    undecodable,
    unit,
)

RULES: dict[str, type[Any]] = {
    "missing": missing.Params,
    "duplicate": duplicate.Params,
    "range": range.Params,
    "pattern": pattern.Params,
    "allowed": allowed.Params,
    "length": length.Params,
    "filter": filter.Params,
    "undecodable": undecodable.Params,
    "boxes": boxes.Params,
    "text": text.Params,
    "aliases": aliases.Params,
    "date": date.Params,
    "unit": unit.Params,
}
