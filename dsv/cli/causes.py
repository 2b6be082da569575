"""Causes and counts as commands that tell of several of them say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dsv.cli import values

if TYPE_CHECKING:
    from dsv.delta.model import Cause

SIGNS = {"added": "+", "removed": "-", "modified": "~", "moved": ">"}


def told(cause: Cause) -> str:
    """What changed, from what to what."""
    return change(cause.kind, cause.what, cause.was, cause.now)


def change(kind: str, what: str, was: object, now: object) -> str:
    """`clean.rules[1].range.min 3 → 5`; of a param that one side lacks, that it was added or removed."""
    if was is None and now is None:
        return what
    if kind == "param" and (was is None or now is None):
        return f"{what} removed {values.short(was)}" if now is None else f"{what} added {values.short(now)}"
    return f"{what} {values.short(now)}" if was is None else f"{what} {values.short(was)} → {values.short(now)}"


def counts(found: Mapping[str, int]) -> str:
    """`+3, ~1`"""
    return ", ".join(f"{SIGNS[op]}{n:,}" for op, n in found.items() if op in SIGNS and n)


def records(n: int) -> str:
    """`1 record`, `1,204 records`"""
    return f"{n:,} {'record' if n == 1 else 'records'}"
