"""Parquet, with page checksums verified where the file has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dsv.formats import moments, objects
from dsv.formats.base import Bad, Chunk, Header, Task, Unreadable, chunk
from dsv.table import types

NAME = "parquet"
GROUP = 1


def read(task: Task) -> Iterator[Chunk]:
    """The rows of one file, a row group at a time."""
    for name in task.names:
        start = 0
        try:
            file = pq.ParquetFile(task.root / name, page_checksum_verification=True)
            twice = [column for column, n in Counter(file.schema_arrow.names).items() if n > 1]
            if twice:
                raise Unreadable(f"the column {twice[0]!r} is there twice")
            for field in file.schema_arrow:
                if not _stored(field.type):
                    raise Unreadable(f"the column {field.name!r} is {field.type}, which is not stored")
            for index in range(file.num_row_groups):
                table = _plain(file.read_row_group(index)).replace_schema_metadata(None)
                yield _chunk(table, name, np.arange(start + 1, start + table.num_rows + 1))
                start += table.num_rows
        except pa.ArrowException as error:
            raise Unreadable(f"no readable Parquet file: {error}") from error


def header(task: Task) -> Header | None:
    """The schema of the task's file."""
    (name,) = task.names
    try:
        found = pq.read_metadata(task.root / name)
        return Header(frozenset(found.schema.to_arrow_schema().names), found.num_rows > 0)
    except pa.ArrowException as error:
        raise Unreadable(f"no readable Parquet file: {error}") from error


def _stored(kind: pa.DataType) -> bool:
    """Whether there is a type in which values of this type are stored."""
    if pa.types.is_decimal256(kind) or pa.types.is_interval(kind) or pa.types.is_run_end_encoded(kind) or pa.types.is_union(kind):
        return False
    return all(_stored(kind.field(i).type) for i in range(kind.num_fields))


def _chunk(table: pa.Table, name: str, rows: np.ndarray) -> Chunk:
    """The rows, without those that have a date or time of no year from 1 to 9999."""
    beyond = moments.beyond(table)
    if not beyond:
        return chunk(table, name, rows)
    refused = np.logical_or.reduce(list(beyond.values()))
    # Such a date has no text.
    shown = types.cast(table.drop_columns(list(beyond)).filter(pa.array(refused))).to_pylist()
    bad = []
    for at, row in zip(np.flatnonzero(refused).tolist(), shown or [{}] * len(rows), strict=False):
        reason = "; ".join(f"{column}: not in a year from 1 to 9999" for column, mask in beyond.items() if mask[at])
        bad.append(Bad(name, int(rows[at]), -1, "type", reason, objects.raw(row)))
    return chunk(table.filter(pa.array(~refused)), name, rows[~refused], bad)


def _plain(table: pa.Table) -> pa.Table:
    """Maps as lists of structs and extension types (JSON, UUID) as what is in them: so they are stored, within other values too."""
    schema = pa.schema([field.with_type(_bare(field.type)) for field in table.schema])
    return table if schema.equals(table.schema) else table.cast(schema)


def _bare(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _bare(kind.storage_type)
    if pa.types.is_map(kind):
        return pa.list_(pa.struct([("key", _bare(kind.key_type)), ("value", _bare(kind.item_type))]))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_bare(field.type)) for field in kind])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.large_list(_bare(kind.value_type))
    return pa.list_(_bare(kind.value_type), kind.list_size) if pa.types.is_fixed_size_list(kind) else kind


def write(table: pa.Table, path: Path) -> None:
    """Writes the table with page checksums."""
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)
