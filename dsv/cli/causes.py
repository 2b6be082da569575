"""Causes and counts as commands that tell of several of them say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsv.cli.rendering import SIGNS, cause_text
from dsv.delta.model import Cause


def change(what: str, was: object, now: object) -> str:
    """`clean.rules[1].range.min 3 → 5`; of a param that one side lacks, that it was added or removed."""
    return cause_text(Cause("param", "", what, was, now))


def of(told: Mapping[str, Any]) -> str:
    """A cause that JSON tells of."""
    return cause_text(_cause(told))


def _cause(told: Mapping[str, Any]) -> Cause:
    via = _cause(told["via"]) if "via" in told else None
    return Cause(told["kind"], told["stage"], told["what"], told["from"], told["to"], via)


def counts(found: Mapping[str, Any]) -> str:
    """`+3, ~1`"""
    return ", ".join(f"{sign}{found[op]:,}" for op, sign in SIGNS.items() if found[op])


def records(n: int) -> str:
    """`1 record`, `1,204 records`"""
    return f"{n:,} {'record' if n == 1 else 'records'}"
