"""Parquet, with page checksums verified where the file has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dsv.formats.base import Chunk, Header, Task, Unreadable, chunk

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
            for index in range(file.num_row_groups):
                table = _plain(file.read_row_group(index))
                yield chunk(table.replace_schema_metadata(None), name, np.arange(start + 1, start + table.num_rows + 1))
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


def _plain(table: pa.Table) -> pa.Table:
    """Maps as lists of structs, which is what they are stored as."""
    for place, field in enumerate(table.schema):
        if pa.types.is_map(field.type):
            entry = pa.struct([pa.field("key", field.type.key_type), pa.field("value", field.type.item_type)])
            table = table.set_column(place, field.name, table.column(place).cast(pa.list_(entry)))
    return table


def write(table: pa.Table, path: Path) -> None:
    """Writes the table with page checksums."""
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)
