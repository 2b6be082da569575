"""What the files of a new source tell of themselves: their columns, and the types of those that are text, for a person to review.

All rows of formats that are text count: a type that some row of the delivery does not fit would send it to quarantine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa

from dsv.engines.local import in_threads
from dsv.formats import registry
from dsv.formats.base import Header, Task
from dsv.runner.ingest.deliver import own_columns
from dsv.table import types, typing

# Values of these formats have no type of their own, or (JSON) none for dates.
TRIES: Final[Mapping[str, Sequence[str]]] = {
    "csv": ("int", "float", "bool", "date", "datetime"),
    "tsv": ("int", "float", "bool", "date", "datetime"),
    "json": ("date", "datetime"),
    "jsonl": ("date", "datetime"),
}
TEXT: Final = "string"
# Whole numbers that no float64 holds: beside decimals they stay text.
LONG: Final = "long"
WIDER: Final = {frozenset(("int", "float")): "float", frozenset(("int", LONG)): LONG, frozenset(("date", "datetime")): "datetime"}
WORDS: Final = ("true", "false", "True", "False", "TRUE", "FALSE")
EXACT: Final = 2**53
# Mostly the first values tell what a column is not.
HEAD: Final = 1_000
# So many files are read by one thread, and so many rows looked at together: to look costs as much as a hundred rows.
FILES: Final = 512
ROWS: Final = 1_000_000


class Column(NamedTuple):
    """The type of what was seen of a column (None: no value), and whether some of it was text."""

    kind: str | None = None
    text: bool = False


class Seen(NamedTuple):
    """The columns of some files, and how many rows they have."""

    columns: dict[str, Column]
    rows: int


class Sample(NamedTuple):
    """The columns that files bring, None where that is not known; and column → type, of those that are text and have one."""

    header: Header | None
    types: dict[str, str]


def look(tasks: Sequence[Task], *, infer: bool = True) -> Sample:
    """What the files tell; without `infer` only what is known without reading their rows."""
    if not infer:
        return Sample(registry.header(tasks), {})
    read = [task for task in tasks if task.format in TRIES]
    others = [task for task in tasks if task.format not in TRIES]
    header = registry.header(others)
    # Where files of both kinds meet, what others hold has a say in the type.
    groups = _groups(read if header == Header() or not read else tasks)
    seen = _joined(in_threads(_seen, groups))
    types = {name: column.kind for name, column in seen.columns.items() if column.text and column.kind not in (None, TEXT)}
    if header is not None:
        header = Header(header.columns | seen.columns.keys(), header.rows or seen.rows > 0)
    return Sample(header, {name: "int" if kind == LONG else str(kind) for name, kind in types.items()})


def _groups(tasks: Sequence[Task]) -> list[tuple[Task, ...]]:
    """The tasks in groups of one format."""
    of: dict[str, list[Task]] = {}
    for task in tasks:
        of.setdefault(task.format, []).append(task)
    return [tuple(found[i : i + FILES]) for found in of.values() for i in range(0, len(found), FILES)]


def _seen(tasks: Sequence[Task]) -> Seen:
    """What the files of tasks of one format tell, in portions of rows."""
    tries = TRIES.get(tasks[0].format, ())
    found: list[Seen] = []
    waiting: dict[str, list[pl.Series]] = {}
    rows = 0
    for chunk in (chunk for task in tasks for chunk in registry.sample(task)):
        if not chunk.table.num_columns:
            continue
        own = chunk.table.select(range(len(own_columns(chunk.table))))
        nested = [name for name, kind in zip(own.column_names, own.schema.types, strict=True) if pa.types.is_nested(kind)]
        found.append(Seen(dict.fromkeys(nested, Column(TEXT)), own.num_rows if len(nested) == own.num_columns else 0))
        frame = pl.from_arrow(types.cast(own.drop_columns(nested)))
        assert isinstance(frame, pl.DataFrame)
        for part in frame.iter_slices(ROWS):
            rows += part.height
            for values in part:
                waiting.setdefault(values.name, []).append(values)
            if rows >= ROWS:
                found.append(_told(waiting, rows, tries))
                waiting, rows = {}, 0
    return _joined([*found, _told(waiting, rows, tries)])


def _told(columns: Mapping[str, Sequence[pl.Series]], rows: int, tries: Sequence[str]) -> Seen:
    return Seen({name: _joint(_column(values, tries) for values in _alike(parts)) for name, parts in columns.items()}, rows)


def _alike(parts: Sequence[pl.Series]) -> list[pl.Series]:
    """The values of each type as one column."""
    of: dict[pl.DataType, list[pl.Series]] = {}
    for values in parts:
        of.setdefault(values.dtype, []).append(values)
    return [pl.concat(found) if len(found) > 1 else found[0] for found in of.values()]


def _joined(found: Iterable[Seen]) -> Seen:
    columns: dict[str, list[Column]] = {}
    rows = 0
    for seen in found:
        rows += seen.rows
        for name, column in seen.columns.items():
            columns.setdefault(name, []).append(column)
    return Seen({name: _joint(parts) for name, parts in columns.items()}, rows)


def _joint(parts: Iterable[Column]) -> Column:
    """The narrowest type that all parts have."""
    kind, text = None, False
    for part in parts:
        kind, text = _wider(kind, part.kind), text or part.text
    return Column(kind, text)


def _wider(one: str | None, two: str | None) -> str | None:
    if one is None or two is None or one == two:
        return two if one is None else one
    return WIDER.get(frozenset((one, two)), TEXT)


def _column(values: pl.Series, tries: Sequence[str]) -> Column:
    values = values.drop_nulls()
    if values.is_empty():
        return Column()
    if values.dtype == pl.String:
        return Column(_of_texts(values, tries), text=True)
    return Column(_of_values(values))


def _of_texts(values: pl.Series, tries: Sequence[str]) -> str:
    for kind in tries:
        if _fits(values.head(HEAD), kind) and _fits(values, kind):
            if kind in ("int", "float") and _coded(values, kind):
                return TEXT
            return _of_values(values.str.strip_prefix("+").cast(pl.Int64)) if kind == "int" else kind
    return TEXT


def _of_values(values: pl.Series) -> str:
    """The type of a column that has one already."""
    if values.dtype.is_integer():
        return "int" if values.is_between(-EXACT, EXACT).all() else LONG
    if values.dtype.is_float():
        return "float"
    return "bool" if values.dtype == pl.Boolean else TEXT


def _fits(values: pl.Series, kind: str) -> bool:
    if kind == "bool":
        return values.is_in(WORDS).all()
    if kind == "date":
        # A moment at midnight is no date: the next one need not be.
        return typing.fits(values.unique(), typing.Column(kind, (typing.DAY,)))
    return typing.fits(values, typing.Column(kind))


def _coded(values: pl.Series, kind: str) -> bool:
    """Numbers with leading zeros are codes: 007 is not 7. So are whole numbers beside decimals that no float64 holds."""
    coded = values.str.contains(r"^[+-]?0[0-9]")
    return bool((coded | values.str.contains(r"^[+-]?[0-9]{16,}$") if kind == "float" else coded).any())
