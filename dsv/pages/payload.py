"""All changed records for the page's script: column by column, values once each, packed."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from typing import Any

from dsv.delta.model import OPS, RecordDelta
from dsv.delta.values import short
from dsv.pages import boxes, wording
from dsv.pages.model import Places, Report

ABSENT = 0
LONGEST = 1200
# Values in one page; above it, of added and removed records only the first columns are kept.
CELLS = 1_500_000
TEXT = 24_000_000
PLAIN = frozenset({str, int, float, bool, type(None)})


def pack(report: Report) -> tuple[str, list[str]]:
    """What the script unpacks (base64 of gzip of JSON, so no value can be taken for markup), and what was left out."""
    widest = _columns_kept(report.deltas)
    columns = _columns(report.deltas, widest)
    left = [] if widest is None else [f"Of added and removed records the first {widest} columns are shown."]
    longest = LONGEST
    if sum(min(len(text), LONGEST) for column in columns.values() for text in column.texts()) > TEXT:
        longest = 60
        left.append(f"Values are cut after {longest} characters.")
    places = Places(report.causes)
    value = {
        "n": len(report.deltas),
        "ids": [short(delta.id, LONGEST) for delta in report.deltas],
        "ops": "".join(str(OPS.index(delta.op)) for delta in report.deltas),
        "causes": [places.of(delta.cause) for delta in report.deltas],
        "why": [[cause.kind, cause.stage, wording.phrase(cause)] for cause, _ in report.causes],
        "through": {
            row: short(told, LONGEST) for row, delta in enumerate(report.deltas) if (told := wording.through(delta))
        },
        "columns": [column.json(name, longest) for name, column in columns.items()],
    }
    raw = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode(), left


def _columns_kept(deltas: Sequence[RecordDelta]) -> int | None:
    """How many columns of added and removed records there is room for; None: all."""
    alone = [len(delta.new or delta.old or {}) for delta in deltas if delta.old is None or delta.new is None]
    both = sum(len(delta.new or {}) for delta in deltas if delta.old is not None and delta.new is not None)
    if sum(alone) + both <= CELLS or not alone:
        return None
    return max(1, (CELLS - min(both, CELLS)) // len(alone))


class _Column:
    """The cells of one column: at which records, and the numbers of the old and new texts."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.was: list[int] = []
        self.now: list[int] = []
        self._numbers: dict[str, int] = {}
        self._known: dict[tuple[type, Any], int] = {}

    def add(self, row: int, was: int, now: int) -> None:
        self.rows.append(row)
        self.was.append(was)
        self.now.append(now)

    def number(self, side: dict[str, Any] | None, name: str) -> int:
        """The number of a value's text; 0 where the side has no such value."""
        if side is None or name not in side:
            return ABSENT
        value = side[name]
        kind = type(value)
        if kind not in PLAIN:
            return self._numbers.setdefault(_told(value), len(self._numbers) + 1)
        # Values come again and again, and what is shown of them is dear.
        known = self._known.get((kind, value))
        if known is None:
            known = self._known[kind, value] = self._numbers.setdefault(_told(value), len(self._numbers) + 1)
        return known

    def texts(self) -> list[str]:
        return list(self._numbers)

    def json(self, name: str, longest: int) -> list[Any]:
        texts = [text if len(text) <= longest else f"{text[: longest - 1]}…" for text in self._numbers]
        return [short(name), _runs(self.rows), _constant(self.was), _constant(self.now), texts]


def _told(value: Any) -> str:
    return short(f"{len(value)}: {boxes.told(value)}" if boxes.are(value) else value, LONGEST)


def _columns(deltas: Sequence[RecordDelta], widest: int | None) -> dict[str, _Column]:
    found: dict[str, _Column] = {}
    for row, delta in enumerate(deltas):
        alone = delta.old is None or delta.new is None
        names = list(dict.fromkeys([*(delta.old or ()), *(delta.new or ())]))
        for name in names[:widest] if alone else names:
            column = found.get(name) or found.setdefault(name, _Column())
            column.add(row, column.number(delta.old, name), column.number(delta.new, name))
    return found


def _runs(rows: Sequence[int]) -> list[int]:
    """Ascending numbers as start and length of each run."""
    found: list[int] = []
    for row in rows:
        if found and row == found[-2] + found[-1]:
            found[-1] += 1
        else:
            found += [row, 1]
    return found


def _constant(numbers: list[int]) -> list[int] | int:
    """One number where all are equal."""
    return numbers[0] if numbers and numbers.count(numbers[0]) == len(numbers) else numbers
