"""Sets names that are written in several ways to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dsv.stages.rules.base import BOXES, LIST, TEXT, WRITES, Common, Effect, Problems, RuleError, Set, evaluate, there

NAME = "aliases"
DOC = "Sets values to the name that a map gives them: of a text column, of a list of texts, of the labels of boxes."


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`aliases: {column: boxes, map: {Platetlets: Platelets}}`."""

    column: str = field(metadata={"nonempty": True, "role": WRITES})
    map: Mapping[str, str] = field(metadata={"doc": 'alias: name; applied once; the name "" is null'})
    label: str = field(default="label", metadata={"nonempty": True, "doc": "the field, in a list of structs"})

    def impossible(self) -> Problems:
        if not self.map:
            yield "map", "the map is empty"
        for alias, name in self.map.items():
            if alias != name and name in self.map and self.map[name] != name:
                yield ("map", alias), f"{name!r} is itself an alias; name the last name"


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Sets the aliases."""
    if there(frame, params.column, TEXT, LIST, BOXES) is None:
        return Effect()
    table = {alias: name or None for alias, name in params.map.items()}
    dtype, column = frame.schema[params.column], pl.col(params.column)
    return Effect(sets=(Set(params.column, evaluate(frame, _named(column, dtype, table, params))),))


def _named(value: pl.Expr, dtype: pl.DataType, table: dict[str, str | None], params: Any) -> pl.Expr:
    if dtype == pl.String:
        return value.replace(table)
    assert isinstance(dtype, pl.List)
    if dtype.inner == pl.String:
        return value.list.eval(pl.element().replace(table))
    names = {f.name: f.dtype for f in dtype.inner.fields} if isinstance(dtype.inner, pl.Struct) else {}
    if names.get(params.label) != pl.String:
        raise RuleError(f"the column {params.column!r} holds no texts and no {params.label!r} that is text")
    renamed = pl.element().struct.with_fields(pl.field(params.label).replace(table))
    return value.list.eval(renamed)
