"""What a format is."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa

FILE, ROW = "_file", "_row"
RAW = 1000
# The byte order mark, as text.
MARK = "\ufeff"
REASON = 300


@dataclass(frozen=True)
class ReadSpec:
    """How files are read. `quote` None: no quoting. `names`: the columns of files without a header."""

    null: tuple[str, ...] = ("",)
    encoding: str = "utf-8"
    delimiter: str | None = None
    quote: str | None = '"'
    escape: str | None = None
    header: bool = True
    names: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)


class Bad(NamedTuple):
    """What could not be read. `row` is the 1-based record number, 0 the whole file; `offset` its first byte, -1 unknown.

    `raw` are its first bytes as they stand in the file; of a record without a place of its own its JSON text.
    """

    file: str
    row: int
    offset: int
    rule: str
    reason: str
    raw: bytes


def told(error: Exception) -> str:
    """What an error says is wrong, without the data in which it is."""
    return f"not UTF-8 at byte {error.start}" if isinstance(error, UnicodeDecodeError) else bounded(str(error) or type(error).__name__)


def bounded(reason: str) -> str:
    """A reason that is no longer than one may be."""
    return reason if len(reason) <= REASON else f"{reason[: REASON - 1]}…"


class Place(NamedTuple):
    """Where a record stands in its file: its first byte, and what stands there."""

    offset: int
    raw: bytes


class Chunk(NamedTuple):
    """Rows with their origin in the columns `_file` and `_row`, and what was refused."""

    table: pa.Table
    bad: list[Bad]


class Header(NamedTuple):
    """The columns that files bring at most, and whether they hold any row."""

    columns: frozenset[str] = frozenset()
    rows: bool = False


class Unreadable(Exception):
    """A file that cannot be parsed at all."""


class Task(NamedTuple):
    """Some files of a delivery that are read together; independent of all others."""

    format: str
    root: Path
    names: tuple[str, ...]
    spec: ReadSpec


class Format(Protocol):
    """What a format module offers. `locate(path, spec, rows)` is left out where records have no place of their own:
    it gives the `Place` of the rows of a file by their numbers, which is asked for only where some are refused."""

    NAME: str
    GROUP: int

    def read(self, task: Task) -> Iterator[Chunk]:
        """The rows of the task's files, in order."""

    def header(self, task: Task) -> Header | None:
        """What is known of the task's files without reading their rows; None where that is not all of their columns."""


def chunk(table: pa.Table, file: str, rows: np.ndarray | Sequence[int], bad: Sequence[Bad] = ()) -> Chunk:
    """A chunk whose rows are all of one file."""
    files = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), dtype=np.int32)), pa.array([file]))
    origin = (files, pa.array(np.asarray(rows, dtype=np.int64)))
    # By columns: a table of none has no rows, and objects may have no key.
    return Chunk(pa.table([*table.columns, *origin], [*table.column_names, FILE, ROW]), list(bad))


def refused(file: str, reason: str, raw: bytes = b"", rule: str = "unreadable") -> Chunk:
    """The chunk of a file that cannot be read."""
    return Chunk(pa.table({}), [Bad(file, 0, -1, rule, reason, raw[:RAW])])


def utf8(data: bytes, encoding: str) -> bytes:
    """The data of a file as UTF-8 without a byte order mark; what says that it is UTF-8 is not looked at."""
    if codecs.lookup(encoding).name == "utf-8":
        return data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode(encoding).removeprefix(MARK).encode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"not {encoding}: {error.reason} at byte {error.start}") from error
