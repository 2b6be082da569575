"""Null-safe comparison of columns, and what changed between two schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from dsv.record import canonical


@dataclass(frozen=True)
class SchemaChange:
    """Columns added, removed, renamed (old → new) and retyped (column → [old type, new type])."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.retyped)


def schema_change(old: Mapping[str, str], new: Mapping[str, str], renamed: Mapping[str, str]) -> SchemaChange:
    """What changed between two schemas, given the renames that the values prove."""
    back = {to: name for name, to in renamed.items()}
    return SchemaChange(
        added=tuple(sorted(name for name in new if name not in old and name not in back)),
        removed=tuple(sorted(name for name in old if name not in new and name not in renamed)),
        renamed=dict(sorted(renamed.items())),
        retyped={name: (old[name], new[name]) for name in sorted(old) if name in new and old[name] != new[name]},
    )


def differs(left: pl.Series, right: pl.Series) -> pl.Series:
    """Where two columns hold different values; null equals null, NaN equals NaN, and the type does not count if the values do."""
    if left.dtype == right.dtype and not left.dtype.is_nested():
        return left.ne_missing(right)
    if left.dtype == right.dtype:
        return _text(left).ne_missing(_text(right))
    if left.dtype.is_numeric() and right.dtype.is_numeric():
        return left.cast(pl.Float64).ne_missing(right.cast(pl.Float64))
    return plain(left).ne_missing(plain(right))


def _text(series: pl.Series) -> pl.Series:
    """A comparable text of nested values."""
    rows = canonical.rows(series.to_frame("v"))
    return pl.select(pl.when(series.is_not_null()).then(rows)).to_series()


def plain(series: pl.Series) -> pl.Series:
    """A text of each value, alike where values are; null stays null."""
    return _text(series) if series.dtype.is_nested() else series.cast(pl.String, strict=False)


def renames(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, str]:
    """Columns of `left` that `right` has under another name: of rows that are the same record, all values are equal.

    Frames are aligned row by row. A column without any value proves nothing.
    """
    if left.is_empty():
        return {}
    gone = [c for c in left.columns if c not in right.columns]
    came = [c for c in right.columns if c not in left.columns]
    found: dict[str, str] = {}
    for old in gone:
        if left[old].null_count() == left.height:
            continue
        for new in came:
            if new not in found.values() and not differs(left[old], right[new]).any():
                found[old] = new
                break
    return found


def changed(left: pl.DataFrame, right: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """A mask column for each name: where the aligned frames differ. A frame without the column holds nulls."""
    masks = []
    for name in names:
        pair = [frame[name] if name in frame.columns else pl.Series([None] * frame.height) for frame in (left, right)]
        masks.append(differs(*pair).alias(name))
    return pl.DataFrame(masks) if masks else pl.DataFrame(height=left.height)
