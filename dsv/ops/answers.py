"""What a person chose for each conflict, read from JSON lines or CSV, and held against the conflicts."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dsv import errors
from dsv.ops.conflicts import BATCH, PARAM, Conflict
from dsv.record import yaml12
from dsv.record.problem import nearest

SIDES = ("ours", "theirs")


class Answer(NamedTuple):
    """A side, values in place of the side's (of a record), or a value (of a param, or of an annotation)."""

    side: str | None = None
    values: Mapping[str, Any] = {}
    value: Any = None
    given: bool = False


def read(path: Path) -> dict[str, Answer]:
    """Id → answer. Of lines of `dsv resolve --format jsonl` those are answers that say a `side`, a `value` or `values`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise errors.UsageError(f"{path} is no file.") from error
    except UnicodeDecodeError as error:
        raise errors.UsageError(f"{path} is not UTF-8: {error}") from error
    lines = _csv(text, path) if path.suffix.lower() == ".csv" else _jsonl(text, path)
    found: dict[str, Answer] = {}
    for number, line in lines:
        name, answer = _answer(line, f"{path}, line {number}")
        if answer is None:
            continue
        if name in found:
            raise errors.UsageError(f"{path}, line {number}: {name} is here twice.")
        found[name] = answer
    return found


def _jsonl(text: str, path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                told = json.loads(line)
            except ValueError as error:
                raise errors.UsageError(f"{path}, line {number} is no JSON: {error}") from error
            if not isinstance(told, dict):
                raise errors.UsageError(f"{path}, line {number} is no JSON object.")
            yield number, told


def _csv(text: str, path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    """Columns id and side, or value, or the columns of the records: a cell that is empty says nothing."""
    rows = csv.DictReader(text.splitlines(keepends=True), strict=True)
    if "id" not in (rows.fieldnames or ()):
        raise errors.UsageError(f"{path} has no column `id`.")
    try:
        for row in rows:
            if None in row:
                raise errors.UsageError(f"{path}, line {rows.line_num} has more cells than there are columns.")
            told: dict[str, Any] = {name: row[name] for name in ("id", "side") if row.get(name)}
            if row.get("value"):
                told["value"] = yaml12.load(str(row["value"]))
            values = {n: v for n, v in row.items() if n not in ("id", "side", "value") and v not in (None, "")}
            yield rows.line_num, told | ({"values": values} if values else {})
    except csv.Error as error:
        raise errors.UsageError(f"{path}, line {rows.line_num}: {error}") from error


def _answer(line: Mapping[str, Any], where: str) -> tuple[str, Answer | None]:
    name, side, values = line.get("id"), line.get("side"), line.get("values") or {}
    if not isinstance(name, str):
        raise errors.UsageError(f"{where} has no `id`.")
    if side is not None and side not in SIDES:
        raise errors.UsageError(f"{where}: the side is {side!r}; ours or theirs is wanted.")
    if not isinstance(values, dict):
        raise errors.UsageError(f"{where}: `values` is no object of column and value.")
    if side is None and not values and "value" not in line:
        return name, None
    return name, Answer(side, values, line.get("value"), "value" in line)


def complete(found: Sequence[Conflict], side: str | None, given: Mapping[str, Answer]) -> dict[str, Answer]:
    """An answer for every conflict; an error that names those without one, or answers to what is no conflict."""
    known = {conflict.id for conflict in found}
    for name in given:
        if name not in known:
            raise errors.UsageError(f"{name} is not in conflict{nearest(name, known) or '.'}", hint="dsv resolve")
    chosen = {c.id: _for(c, side, given.get(c.id)) for c in found}
    open_ = [name for name, answer in chosen.items() if answer is None]
    if open_:
        shown = ", ".join(open_[:5]) + (" …" if len(open_) > 5 else "")
        raise errors.UsageError(
            f"Nothing was said of {len(open_)} conflicts: {shown}", hint="--ours or --theirs for the rest"
        )
    return {name: answer for name, answer in chosen.items() if answer is not None}


def _for(conflict: Conflict, side: str | None, given: Answer | None) -> Answer | None:
    if given is not None:
        if conflict.kind == PARAM and given.values:
            raise errors.UsageError(f"{conflict.id} is a param: say `value`, not `values`.")
        return given
    if conflict.kind == BATCH:
        return Answer("ours")
    if conflict.undone:
        return Answer("theirs" if conflict.ours == conflict.base else "ours")
    return None if side is None else Answer(side)
