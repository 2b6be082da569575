"""Base shards: Parquet files whose bytes depend on their rows alone."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dsv import errors
from dsv.table import types

FORMAT = "1"
# Of what is small and stored again at each change, a tenth less is worth four times the work.
LEVEL, CLOSE = 3, 15
Readable = Path | bytes


SAMPLE = 2048


def _encodings(frame: pl.DataFrame, table: pa.Table) -> tuple[list[str], dict[str, str]]:
    """Columns to dictionary-encode, and the encoding of each other plain column."""
    dictionary, others = [], {}
    for column in table.schema:
        kind = column.type
        if pa.types.is_nested(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind):
            continue
        if pa.types.is_integer(kind) or pa.types.is_temporal(kind):
            if table.num_rows >= 64 and _few(frame[column.name], 256):
                dictionary.append(column.name)
            else:
                others[column.name] = "DELTA_BINARY_PACKED"
        elif _few(frame[column.name], table.num_rows // 4):
            dictionary.append(column.name)
        elif not pa.types.is_floating(kind):
            others[column.name] = "DELTA_LENGTH_BYTE_ARRAY"
    return dictionary, others


def _few(values: pl.Series, most: int) -> bool:
    """Whether there are at most so many distinct values."""
    if len(values) > SAMPLE:
        # The first rows mostly tell: more values than may be, or nearly as many as rows.
        distinct = values.head(SAMPLE).n_unique()
        if distinct > min(most, SAMPLE * 9 // 10):
            return False
    return values.n_unique() <= most


def to_bytes(frame: pl.DataFrame, meta: Mapping[str, Any], level: int = LEVEL) -> bytes:
    """The Parquet file of a table in canonical form, with `dsv.*` metadata (values as JSON). `level` is zstd's."""
    table = types.cast(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
    dictionary, encodings = _encodings(frame, table)
    metadata = {"dsv.format": FORMAT} | {
        f"dsv.{k}": json.dumps(v, sort_keys=True, ensure_ascii=False) for k, v in meta.items()
    }
    sink = io.BytesIO()
    with pq.ParquetWriter(
        sink,
        table.schema.remove_metadata(),
        compression="zstd",
        compression_level=level,
        data_page_version="2.0",
        use_dictionary=dictionary,
        column_encoding=encodings,
        write_page_checksum=True,
        store_schema=False,
        write_statistics=False,
    ) as writer:
        writer.write_table(table.replace_schema_metadata(None), row_group_size=max(1, table.num_rows))
        # Not as schema metadata: that is written only together with the Arrow schema, which depends on the library.
        writer.add_key_value_metadata(metadata)
    return sink.getvalue()


def _open(source: Readable, what: str) -> pq.ParquetFile:
    try:
        data = pa.BufferReader(source) if isinstance(source, bytes) else pa.memory_map(str(source))
        return pq.ParquetFile(data, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise errors.Corrupt(f"{what} is not a readable shard: {error}", hint="dsv verify --heal") from error


def read(source: Readable, columns: Sequence[str] | None = None, what: str | None = None) -> pl.DataFrame:
    """The rows of a shard, in order; columns that the shard lacks are left out. Page checksums are verified."""
    what = what or _called(source)
    return _read(_open(source, what), columns, what)


def read_with_meta(
    source: Readable, columns: Sequence[str] | None = None, what: str | None = None
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """What `read` and `meta` give, from one opened file."""
    what = what or _called(source)
    file = _open(source, what)
    return _read(file, columns, what), _meta(file)


def _called(source: Readable) -> str:
    return str(source) if isinstance(source, Path) else "object"


def _read(file: pq.ParquetFile, columns: Sequence[str] | None, what: str) -> pl.DataFrame:
    try:
        present = set(file.schema_arrow.names)
        wanted = None if columns is None else [c for c in columns if c in present]
        if wanted == []:
            return pl.DataFrame(height=file.metadata.num_rows)
        table = file.read(columns=wanted, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise errors.Corrupt(f"{what}: {error}", hint="dsv verify --heal") from error
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def meta(source: Readable, what: str | None = None) -> dict[str, Any]:
    """The `dsv.*` metadata of a shard, the number of rows as `rows`, and the columns' type names as `schema`."""
    return _meta(_open(source, what or _called(source)))


def _meta(file: pq.ParquetFile) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": file.metadata.num_rows}
    for key, value in (file.metadata.metadata or {}).items():
        name = key.decode()
        if name.startswith("dsv."):
            found[name.removeprefix("dsv.")] = json.loads(value)
    found["schema"] = {f.name: types.name(f.type) for f in file.schema_arrow}
    return found


def schema(frame: pl.DataFrame) -> dict[str, str]:
    """Column names and the names of their canonical types."""
    return {field.name: types.name(field.type) for field in frame.head(0).to_arrow().schema}
