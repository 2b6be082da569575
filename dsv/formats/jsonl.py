"""JSON Lines: one object a line; a bad line is refused by number."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.json as pa_json

from dsv.formats import objects
from dsv.formats.base import RAW, Bad, Chunk, Header, Place, ReadSpec, Task, Unreadable, chunk, refused, utf8

NAME = "jsonl"
GROUP = 1
BLOCK = 1 << 24
WINDOW = 1 << 18
# So many lines tell which columns are texts.
HEAD = 1_000


def read(task: Task) -> Iterator[Chunk]:
    """The rows of one file."""
    for name in task.names:
        whole = (task.root / name).read_bytes()
        data = utf8(whole, task.spec.encoding)
        if not data or data.isspace():
            yield refused(name, "the file is empty", rule="empty")
            continue
        quick = _fast(data, name, task.spec)
        found = _strict(data, name, task.spec, len(whole) - len(data)) if quick is None else quick
        yield found if _plain(task.spec) else found._replace(bad=[bad._replace(offset=-1) for bad in found.bad])


def _plain(spec: ReadSpec) -> bool:
    """Whether lines are looked at as they stand in the file, and so have a place in it."""
    return codecs.lookup(spec.encoding).name == "utf-8"


def locate(path: Path, spec: ReadSpec, rows: Sequence[int]) -> dict[int, Place]:
    """The places of the rows of a file."""
    if not _plain(spec):
        return {}
    whole = path.read_bytes()
    data = whole.removeprefix(codecs.BOM_UTF8)
    wanted, offset = set(rows), len(whole) - len(data)
    found = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        if number in wanted:
            found[number] = Place(offset, line[:RAW])
        offset += len(line) + 1
    return found


def header(task: Task) -> Header | None:
    """Nothing: each object may have another key."""
    return None


def sample(task: Task) -> Chunk | None:
    """The rows of one file as Arrow reads them, with its types of numbers; None where it cannot, or would not say what was a text."""
    (name,) = task.names
    try:
        data = utf8((task.root / name).read_bytes(), task.spec.encoding)
        first = [objects.parse(line.decode()) for line in data.split(b"\n", HEAD)[:HEAD] if line.strip()]
        texts = dict.fromkeys(key for one in first for key, value in one.items() if isinstance(value, str))
        table = pa_json.read_json(
            pa.BufferReader(data),
            read_options=pa_json.ReadOptions(block_size=BLOCK, use_threads=False),
            parse_options=pa_json.ParseOptions(explicit_schema=pa.schema([(key, pa.large_string()) for key in texts]), newlines_in_values=False),
        )
        # Of a null among structs in a list Arrow makes an array that is none.
        table.validate()
    except (Unreadable, OSError, ValueError, RecursionError, AttributeError, pa.ArrowException):
        return None
    # Arrow takes texts that look like it for moments.
    if any(pa.types.is_timestamp(column.type) for column in table.columns):
        return None
    return chunk(table, name, np.arange(1, table.num_rows + 1))


def _fast(data: bytes, name: str, spec: ReadSpec) -> Chunk | None:
    """What Arrow reads, where every column is declared as a plain type and holds it; else None."""
    end = data.find(b"\n")
    try:
        one = objects.parse(data[: end if end >= 0 else len(data)].decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(one, dict):
        return None
    kinds = {
        "string": pa.large_string(),
        "int": pa.int64(),
        "float": pa.float64(),
        "bool": pa.bool_(),
        "datetime": pa.large_string(),
        "date": pa.large_string(),
    }
    schema = [(key, kinds.get(spec.types.get(key, "string"))) for key in one]
    if any(kind is None for _, kind in schema):
        return None
    try:
        table = pa_json.read_json(
            pa.BufferReader(data),
            read_options=pa_json.ReadOptions(block_size=BLOCK, use_threads=False),
            parse_options=pa_json.ParseOptions(
                explicit_schema=pa.schema(schema), newlines_in_values=False, unexpected_field_behavior="error"
            ),
        )
        # Arrow takes any bytes for text.
        table.validate(full=True)
    except pa.ArrowInvalid:
        return None
    if not all(_as_written(column) for column in table.columns if pa.types.is_floating(column.type)):
        return None
    # Arrow skips blank lines, goes on in the next line and takes two objects on one: only one a line has a row number to tell.
    lines, begun = _lines(data)
    return chunk(table, name, np.arange(1, table.num_rows + 1)) if table.num_rows == lines == begun else None


def _lines(data: bytes) -> tuple[int, int]:
    """How many lines there are, and how many of them begin an object."""
    text = np.frombuffer(data, np.uint8)
    lines, begun = int(not data.endswith(b"\n")), int(data.startswith(b"{"))
    # In windows that a processor keeps at hand, each with the byte after it.
    for start in range(0, len(text), WINDOW):
        window = text[start : start + WINDOW + 1]
        ends = np.flatnonzero(window[:WINDOW] == ord("\n"))
        lines += len(ends)
        begun += int(np.count_nonzero(window[ends[ends < len(window) - 1] + 1] == ord("{")))
    return lines, begun


def _as_written(floats: pa.ChunkedArray) -> bool:
    """Whether Arrow's numbers are those of JSON: it takes NaN and Infinity for numbers, and the whole number -0 for -0.0."""
    values = floats.drop_null().to_numpy()
    return bool(np.isfinite(values).all()) and not bool(np.signbit(values[values == 0]).any())


def _strict(data: bytes, name: str, spec: ReadSpec, offset: int) -> Chunk:
    kept: list[dict[str, Any]] = []
    numbers, bad = [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                value = objects.parse(line.decode("utf-8"))
                fault = None if isinstance(value, dict) else ("json", f"a {type(value).__name__}, not an object")
            except UnicodeDecodeError:
                value, fault = None, ("encoding", "not valid UTF-8")
            except (ValueError, RecursionError) as error:
                value, fault = None, ("json", str(error))
            if fault:
                bad.append(Bad(name, number, offset, *fault, line[:RAW]))
            else:
                kept.append(value)
                numbers.append(number)
        offset += len(line) + 1
    return chunk(objects.table(kept, spec.types), name, numbers, bad)


def write(table: pa.Table, path: Path) -> None:
    """Writes one object a row; nulls are left out. JSON has no NaN and no infinity: they are null."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        # Arrow gives no times with nanoseconds.
        for row in frame.iter_rows(named=True):
            file.write(objects.text({k: v for k, v in row.items() if v is not None}) + "\n")
