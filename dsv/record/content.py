"""The content digest of a table whose rows have an order (docs/format.md §4): columns, not rows, are hashed.

Free of layout, integer width, dictionary encoding and library version; several gigabytes a second.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import xxhash

from dsv.record import canonical

_WHOLE = {"i": pl.Int64, "d": pl.Int64, "t": pl.Int64, "z": pl.Int64, "h": pl.Int64, "p": pl.Int64}
_NAN = np.uint64(0x7FF8000000000000)


def digest(frame: pl.DataFrame) -> str:
    """32 hexadecimal digits over the rows in their order; a column that is null everywhere counts as absent."""
    return combined(frame.height, {name: column(frame[name]) for name in frame.columns})


def combined(height: int, columns: dict[str, str | None]) -> str:
    """The digest of a table from those of its columns."""
    hasher = xxhash.xxh3_128(height.to_bytes(8, "little"))
    for name in sorted(columns, key=lambda name: name.encode()):
        if columns[name] is not None:
            hasher.update(f"{name}\0{columns[name]}\0".encode())
    return hasher.hexdigest()


def column(values: pl.Series) -> str | None:
    """The digest of one column; None where it is null everywhere."""
    if values.null_count() == len(values):
        return None
    hasher = xxhash.xxh3_128()
    _update(hasher, values)
    return hasher.hexdigest()


def _update(hasher: xxhash.xxh3_128, values: pl.Series) -> None:
    dtype = values.dtype
    if isinstance(dtype, pl.Array):
        values = values.arr.to_list()
    if values.null_count() == len(values):
        hasher.update(b"-" + len(values).to_bytes(8, "little"))
    elif isinstance(values.dtype, pl.List):
        _head(hasher, "l", values)
        hasher.update(values.list.len().fill_null(0).cast(pl.UInt64).to_numpy().tobytes())
        _update(hasher, values.list.explode(keep_nulls=False, empty_as_null=False))
    elif isinstance(values.dtype, pl.Struct):
        _head(hasher, "r", values)
        for field in sorted(values.dtype.fields, key=lambda field: field.name.encode()):
            hasher.update(field.name.encode() + b"\0")
            _update(hasher, values.struct[field.name])
    else:
        _plain(hasher, values)


def _head(hasher: xxhash.xxh3_128, tag: str, values: pl.Series) -> None:
    """Tag, number of values, and a byte each that tells whether there is one."""
    hasher.update(tag.encode() + len(values).to_bytes(8, "little"))
    whole = values.null_count() == 0
    hasher.update(b"\1" * len(values) if whole else values.is_not_null().cast(pl.UInt8).to_numpy().tobytes())


def _filled(values: pl.Series, empty: object) -> pl.Series:
    return values.fill_null(empty) if values.null_count() else values


def _plain(hasher: xxhash.xxh3_128, values: pl.Series) -> None:
    tag, payload = canonical.plain(values)
    _head(hasher, tag, values)
    if tag == "b":
        hasher.update(_filled(payload, False).cast(pl.UInt8).to_numpy().tobytes())
    elif tag == "f":
        floats = _filled(payload, 0.0).cast(pl.Float64).to_numpy() + 0.0
        bits = floats.view(np.uint64)
        bits[np.isnan(floats)] = _NAN
        hasher.update(bits.tobytes())
    elif tag in _WHOLE:
        whole = payload if payload.dtype == pl.UInt64 else payload.cast(pl.Int64)
        hasher.update(_filled(whole, 0).to_numpy().tobytes())
    else:
        _texts(hasher, _filled(payload, ""))


def _texts(hasher: xxhash.xxh3_128, texts: pl.Series) -> None:
    """The lengths of all texts, then the texts one after the other."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    ends = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    hasher.update(np.diff(ends).tobytes())
    hasher.update(memoryview(array.buffers()[2] or b"")[int(ends[0]) : int(ends[-1])])
