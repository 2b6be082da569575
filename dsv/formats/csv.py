"""CSV: text columns, explicit null tokens and quoting, strict encoding; bad rows are refused by number.

The strict reader below defines the meaning; Arrow's reader is used where it is sure to mean the same.
A quoted value is never a null token.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv

from dsv.formats.base import MARK, RAW, Bad, Chunk, Header, Place, ReadSpec, Task, Unreadable, chunk, refused, utf8
from dsv.formats.rows import Row, records, spans

NAME = "csv"
GROUP = 1
DELIMITER = ","
BLOCK = 1 << 24
# Longer headers are read with the rest.
HEAD = 1 << 16


def read(task: Task) -> Iterator[Chunk]:
    """The rows of one file."""
    for name in task.names:
        yield from read_file(task.root / name, name, task.spec, task.spec.delimiter or DELIMITER)


def read_file(path: Path, name: str, spec: ReadSpec, delimiter: str) -> Iterator[Chunk]:
    """The rows of one file with this delimiter."""
    if path.is_dir():
        yield refused(name, "is a directory")
        return
    data = path.read_bytes()
    if not data or data.isspace():
        yield refused(name, "the file is empty", rule="empty")
        return
    quick = fast(data, name, spec, delimiter)
    yield strict(data, name, spec, delimiter) if quick is None else quick


def header(task: Task) -> Header | None:
    """The first row of the task's file, or the names that are declared."""
    return header_of(task, task.spec.delimiter or DELIMITER)


def header_of(task: Task, delimiter: str) -> Header | None:
    """The same with this delimiter."""
    (name,) = task.names
    with (task.root / name).open("rb") as file:
        data = file.read(HEAD)
        whole = not file.read(1)
    if whole and (not data or data.isspace()):
        return Header()
    rows = records(_beginning(data, task.spec.encoding, whole=whole), delimiter, task.spec.quote, task.spec.escape)
    first, second = next(rows, None), next(rows, None)
    if not task.spec.header:
        return Header(frozenset(task.spec.names), first is not None)
    if not whole and (first is None or first.fault or second is None):
        # Cut off, the row may be another one.
        return None
    if first is None or first.fault:
        return Header()
    return Header(frozenset(named(first.fields)), second is not None)


def _beginning(data: bytes, encoding: str, *, whole: bool) -> str:
    """The text of the beginning of a file."""
    if codecs.lookup(encoding).name == "utf-8":
        return data.removeprefix(codecs.BOM_UTF8).decode(errors="surrogateescape")
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, whole).removeprefix(MARK)
    except UnicodeError as error:
        raise Unreadable(f"not {encoding}: {error}") from error


def _text(data: bytes, encoding: str) -> str:
    return utf8(data, encoding).decode("utf-8", errors="surrogateescape")


def named(first: list[str]) -> list[str]:
    """The column names of a header row."""
    seen: dict[str, int] = {}
    for position, name in enumerate(first, 1):
        if not _is_text(name):
            raise Unreadable(f"the header is not valid UTF-8: column {position}")
        if name in seen:
            raise Unreadable(f"the header names the column {name!r} twice: columns {seen[name]} and {position}")
        seen[name] = position
    return [name if name else f"column_{position}" for position, name in enumerate(first, 1)]


def fast(data: bytes, name: str, spec: ReadSpec, delimiter: str) -> Chunk | None:
    """What Arrow reads, where it surely reads what `strict` would; else None."""
    plain = codecs.lookup(spec.encoding).name == "utf-8"
    # Arrow takes a blank first line for the header.
    body = data.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    marks = delimiter + (spec.quote or "")
    # A lone CR ends a line for us; a quote inside an unquoted field, or no quoting, is read line by line by both.
    if not plain or spec.escape or len(delimiter) != 1 or not marks.isascii() or b"\0" in body or (b"\r" in body and re.search(rb"\r(?!\n)", body)):
        return None
    if body.startswith(codecs.BOM_UTF8):
        # Arrow would take a second mark away, which is text.
        return None
    first = next(iter(records(body[: 1 << 20].decode(errors="replace"), delimiter, spec.quote, spec.escape)), None)
    if (
        first is None
        or first.fault
        or (spec.header and len(first.fields) < 2)
        or (not spec.header and len(spec.names) < 2)
    ):
        return None
    names = named(first.fields) if spec.header else list(spec.names)
    if spec.quote and not _regular(body, delimiter, spec.quote):
        return None
    if body.endswith(delimiter.encode()):
        # Arrow takes an empty field at the very end for a quoted one where its row has a quoted one.
        body += b"\n"
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(body),
            read_options=pa_csv.ReadOptions(column_names=names, skip_rows_after_names=1 if spec.header else 0, block_size=BLOCK, use_threads=False),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, quote_char=spec.quote or False, double_quote=True, newlines_in_values=bool(spec.quote)),
            convert_options=pa_csv.ConvertOptions(
                column_types={n: pa.large_string() for n in names}, null_values=list(spec.null), strings_can_be_null=True,
                quoted_strings_can_be_null=spec.quote is None, check_utf8=True,
            ),
        )  # fmt: skip
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    return chunk(table, name, np.arange(1, table.num_rows + 1))


def _regular(body: bytes, delimiter: str, quote: str) -> bool:
    """Whether every quote begins or ends a field, or is doubled within one: only there do all readers agree."""
    if quote.encode() not in body:
        return True
    q, d = re.escape(quote.encode()), re.escape(delimiter.encode())
    outside = rb"[^%b\r\n]" % d
    inside = rb"(?:[^%b]++|%b%b)*+" % (q, q, q)
    # Left to right: what stands between two quoted fields has no quote.
    field = rb"(?<!%b)%b%b%b(?!%b)[^%b]*+" % (outside, q, inside, q, outside, q)
    return re.fullmatch(rb"[^%b]*+(?:%b)*+" % (q, field), body) is not None


def strict(data: bytes, name: str, spec: ReadSpec, delimiter: str) -> Chunk:
    """The meaning of a CSV file, row by row."""
    text = _text(data, spec.encoding)
    rows = records(text, delimiter, spec.quote, spec.escape)
    names = list(spec.names)
    if spec.header:
        first = next(rows, None)
        if first is None:
            raise Unreadable("the file is empty")
        if first.fault:
            raise Unreadable(f"the header: {first.fault[1]}")
        names = named(first.fields)
    kept: list[Row] = []
    numbers, faults = [], []
    for number, row in enumerate(rows, 1):
        fault = row.fault or _fault(row, len(names))
        if fault:
            faults.append((number, row, fault))
        else:
            kept.append(row)
            numbers.append(number)
    places = _places(data, text, [(row.start, row.end) for _, row, _ in faults], spec.encoding)
    bad = [Bad(name, number, at.offset, *fault, at.raw) for (number, _, fault), at in zip(faults, places, strict=True)]
    nulls = set(spec.null)
    columns = [
        pa.array(
            [None if row.fields[i] in nulls and not row.quoted[i] else row.fields[i] for row in kept], pa.large_string()
        )
        for i in range(len(names))
    ]
    return chunk(pa.table(columns, names=names), name, numbers, bad)


def locate(path: Path, spec: ReadSpec, rows: Sequence[int], delimiter: str = DELIMITER) -> dict[int, Place]:
    """The places of the rows of a file."""
    data = path.read_bytes()
    text = _text(data, spec.encoding)
    wanted, last = set(rows), max(rows, default=0)
    found = {}
    for number, span in enumerate(spans(text, spec.delimiter or delimiter, spec.quote, spec.escape), 0 if spec.header else 1):
        if number > last:
            break
        if number in wanted:
            found[number] = span
    return dict(zip(found, _places(data, text, list(found.values()), spec.encoding), strict=True))


def _places(data: bytes, text: str, pieces: Sequence[tuple[int, int]], encoding: str) -> list[Place]:
    """Where pieces of the text, in its order, stand in the data."""
    plain = codecs.lookup(encoding).name == "utf-8"
    if not plain and len(text.encode(encoding)) != len(data):
        # A text that can be written in several ways: which one stands there is not known.
        return [Place(-1, text[start:end].encode()[:RAW]) for start, end in pieces]
    encode = codecs.getincrementalencoder(encoding)("surrogateescape" if plain else "strict").encode
    offset = len(codecs.BOM_UTF8) if plain and data.startswith(codecs.BOM_UTF8) else 0
    places, at = [], 0
    for start, end in pieces:
        offset += len(encode(text[at:start]))
        length = len(encode(text[start:end]))
        places.append(Place(offset, data[offset : offset + min(length, RAW)]))
        offset, at = offset + length, end
    return places


def _fault(row: Row, width: int) -> tuple[str, str] | None:
    if len(row.fields) != width:
        return "ragged", f"{len(row.fields)} fields where the header has {width}"
    return None if all(map(_is_text, row.fields)) else ("encoding", "not valid UTF-8")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def write(table: pa.Table, path: Path) -> None:
    """Writes the table as CSV, numbers bare and all else in quotes; null is an empty field, an empty text is `""`."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    # Arrow writes 3.0 as 3, which is read as a whole number.
    frame.write_csv(path, quote_style="non_numeric")
