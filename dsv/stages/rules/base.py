"""What a rule is, and what rules share: params, the effect on a shard, the refusal of a column of the wrong type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import polars as pl

from dsv.record import schema
from dsv.stages.base import Named

READS, WRITES = "reads", "writes"
TEXT, NUMBER, BOOL, DATE, DATETIME = "text", "number", "bool", "date", "datetime"
BOXES, LIST, OTHER = "boxes", "list", "other"
COORDINATES = ("xmin", "ymin", "xmax", "ymax")

Problems = Iterator[tuple[str | tuple[str | int, ...], str]]


class RuleError(Exception):
    """A rule cannot be applied to a shard; the message says why, without the path of the rule."""


@dataclass(frozen=True, kw_only=True)
class Common:
    """Params that every rule has. Fields that name columns say so in their metadata: role = reads or writes."""

    id: str | None = field(
        default=None,
        metadata={
            "pattern": r"[A-Za-z0-9][A-Za-z0-9_.-]*",
            "means": "a name of letters, digits, '_', '-' and '.'",
            "doc": "name of the rule in decisions and reports; the kind of rule, with #2 and on, when left out",
        },
    )
    sources: tuple[str, ...] = field(
        default=(), metadata={"nonempty": True, "unique": True, "doc": "sources it applies to; all when left out"}
    )

    def named(self) -> tuple[Named, ...]:
        """The columns that the rule reads, those it sets included, and where its params name them."""
        return self._named(READS, WRITES)

    def reads(self) -> tuple[str, ...]:
        """The columns that the rule reads, those it sets included."""
        return tuple(dict.fromkeys(one.column for one in self.named()))

    def glances(self) -> tuple[str, ...]:
        """The columns that the rule reads where records have them."""
        return ()

    def writes(self) -> tuple[str, ...]:
        """The columns that the rule sets."""
        return tuple(dict.fromkeys(one.column for one in self._named(WRITES)))

    def _named(self, *roles: str) -> tuple[Named, ...]:
        found: list[Named] = []
        for key, f in schema.keys(type(self)).items():
            value = getattr(self, f.name) if f.metadata.get("role") in roles else None
            if isinstance(value, str):
                found.append(Named((key,), value))
            else:
                found += [Named((key, i), name) for i, name in enumerate(value or ())]
        return tuple(found)


class Set(NamedTuple):
    """New values of a column, one a row; where nothing changes is found by comparison."""

    column: str
    values: pl.Series
    detail: pl.Series | None = None


class Effect(NamedTuple):
    """What a rule does to a shard. `drop` is a mask, `detail` an expression over the rows it hits, or a text a row."""

    drop: pl.Series | None = None
    detail: pl.Expr | pl.Series | None = None
    sets: tuple[Set, ...] = ()


class LocalRule(Protocol):
    """A rule that looks at one record at a time. Columns that the shard lacks are there, of type Null."""

    NAME: str
    DOC: str
    Params: Any

    def apply(self, frame: pl.DataFrame, params: Any) -> Effect:
        """What the rule does to the rows of a shard."""


class GlobalRule(Protocol):
    """A rule that compares records: equal keys meet, wherever they are."""

    NAME: str
    DOC: str
    Params: Any

    def keys(self, frame: pl.DataFrame, source: str, key: tuple[str, ...], params: Any) -> pl.DataFrame:
        """Columns `hi` and `lo`, unsigned 64-bit; null where a record is compared with none."""

    def decide(self, rows: pl.DataFrame, params: Any) -> pl.DataFrame:
        """The rows that are dropped, with partner; `rows` are the candidates in arrival order, all of some keys."""


def kind(dtype: pl.DataType) -> str:
    """The type of a column in the words of the rules."""
    if dtype == pl.String:
        return TEXT
    if dtype.is_numeric():
        return NUMBER
    if dtype == pl.Boolean:
        return BOOL
    if dtype == pl.Date:
        return DATE
    if isinstance(dtype, pl.Datetime):
        return DATETIME
    if isinstance(dtype, pl.List):
        inner = dtype.inner
        return BOXES if isinstance(inner, pl.Struct) and {*COORDINATES} <= {f.name for f in inner.fields} else LIST
    return OTHER


def there(frame: pl.DataFrame, name: str, *kinds: str) -> str | None:
    """The kind of a column; None where the shard holds no value of it. A kind that the rule cannot read is refused."""
    found = kind(frame.schema[name])
    if frame[name].null_count() == frame.height:
        return None
    if found not in kinds:
        raise RuleError(f"the column {name!r} is {found}, {' or '.join(kinds)} is wanted")
    return found


def mask(frame: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    """The expression over the frame as a mask: null is false."""
    return evaluate(frame, expression.fill_null(False))


def about(frame: pl.DataFrame, rows: pl.Series, detail: pl.Expr) -> pl.Series | None:
    """The detail of the rows of a mask, null elsewhere; nothing where the mask is empty."""
    if not rows.any():
        return None
    return evaluate(frame.with_columns(rows.alias("_rows")), pl.when(pl.col("_rows")).then(detail))


def evaluate(frame: pl.DataFrame, expression: pl.Expr) -> pl.Series:
    """The expression over the frame, one value a row even where it is a literal."""
    return frame.with_columns(expression.alias("_value"))["_value"]
