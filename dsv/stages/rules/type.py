"""Drops records whose value is not of a type, and sets the typed value where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from dsv.record import dateformat
from dsv.stages.rules import shown
from dsv.stages.rules.base import WRITES, Common, Effect, Problems, Set, about
from dsv.table import typing

NAME = "type"
DOC = "Drops records whose value cannot be read as a type; with `to`, the value read replaces it. A null passes."

Name = Literal["string", "int", "float", "bool", "date", "datetime"]


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`type: {column: age, to: int}`; with `type: int` in place of `to` values stay as they are."""

    column: str = field(metadata={"nonempty": True, "role": WRITES})
    type: Name | None = field(default=None, metadata={"doc": "the type to check"})
    to: Name | None = field(default=None, metadata={"doc": "the type to check and to convert to"})
    formats: tuple[str, ...] = field(
        default=(), metadata={"nonempty": True, "unique": True, "doc": "of dates: strptime, epoch, epoch_ms, epoch_us"}
    )
    misfit: Literal["drop", "null"] = field(default="drop", metadata={"doc": "a value that does not fit"})

    def writes(self) -> tuple[str, ...]:
        return () if self.to is None and self.misfit == "drop" else (self.column,)

    def impossible(self) -> Problems:
        if (self.type is None) == (self.to is None):
            yield "type", "either type or to is wanted"
        elif self.formats and (self.type or self.to) not in ("date", "datetime"):
            yield "formats", f"only a date or a datetime has formats, the type is {self.type or self.to}"
        for i, form in enumerate(self.formats):
            if fault := dateformat.fault(form):
                yield ("formats", i), f"found {form!r}, {fault}"


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Drops the rows whose value does not fit; sets typed values."""
    column, wanted = params.column, params.to or params.type
    if frame.schema[column] == pl.Null:
        return Effect()
    old = frame[column]
    converted, _ = typing.typed(frame.select(column), {column: typing.Column(wanted, params.formats)})
    new = converted[column]
    lost = old.is_not_null() & new.is_null()
    detail = shown.cut(shown.named(frame, column) + pl.lit(f" is no {wanted}"))
    # Without `to` a value that fits stays as it was written.
    values = new if params.to is not None else old.zip_with(~lost, pl.Series(column, [None], dtype=old.dtype))
    if params.misfit == "drop":
        return Effect(lost, detail, (Set(column, values),) if params.to is not None else ())
    return Effect(sets=(Set(column, values, about(frame, lost, detail)),))
