"""Reads dates and times from text or numbers."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from dsv.record import dateformat
from dsv.record.dateformat import EPOCHS
from dsv.stages.rules import shown
from dsv.stages.rules.base import DATE, DATETIME, NUMBER, TEXT, WRITES, Common, Effect, Problems, Set, about, there
from dsv.table import dates

NAME = "date"
DOC = "Sets a column to dates or times read with the first format that fits; what fits none becomes null."

_INTEGER = r"^[+-]?[0-9]+$"
_NUMBER = r"^[+-]?[0-9]+(?:\.[0-9]+)?$"
_UTC = "UTC"


@dataclass(frozen=True, kw_only=True)
class Params(Common):
    """`date: {column: when, formats: ['%d.%m.%Y', epoch_ms], zone: Europe/Berlin}`."""

    column: str = field(metadata={"nonempty": True, "role": WRITES})
    formats: tuple[str, ...] = field(
        default=("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f%:z"),
        metadata={
            "nonempty": True,
            "unique": True,
            "doc": "strptime, epoch, epoch_ms or epoch_us; the first that fits",
        },
    )
    type: Literal["datetime", "date"] = "datetime"
    zone: str | None = field(
        default=None,
        metadata={"doc": "zone of times that name none; times are then kept in UTC, dates are those of the zone"},
    )
    misfit: Literal["null", "drop"] = field(default="null", metadata={"doc": "a value that fits no format"})

    def impossible(self) -> Problems:
        for i, form in enumerate(self.formats):
            if fault := dateformat.fault(form):
                yield ("formats", i), f"found {form!r}, {fault}"
        if self.zone is not None and not _is_zone(self.zone):
            yield "zone", f"found {self.zone!r}, the name of a time zone such as Europe/Berlin is wanted"


def apply(frame: pl.DataFrame, params: Any) -> Effect:
    """Sets the values that were read; a value that fits no format becomes null, or its row is dropped."""
    found = there(frame, params.column, TEXT, NUMBER, DATE, DATETIME)
    if found is None:
        return Effect()
    moments = _moments(pl.col(params.column), found, frame.schema[params.column], params)
    new = frame.select(_output(moments, params).alias(params.column)).to_series()
    lost = frame[params.column].is_not_null() & new.is_null()
    detail = shown.cut(shown.named(frame, params.column) + pl.lit(f" fits no format of a {params.type}"))
    if params.misfit == "drop":
        return Effect(lost, detail, (Set(params.column, new),))
    return Effect(sets=(Set(params.column, new, about(frame, lost, detail)),))


def _moments(value: pl.Expr, kind: str, dtype: pl.DataType, params: Any) -> pl.Expr:
    """The moments without a zone: in UTC, or where days are wanted in the zone whose days they are."""
    if kind in (DATE, DATETIME):
        if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
            return _fixed(value.dt.cast_time_unit("us").dt.convert_time_zone(_UTC).dt.replace_time_zone(None), params)
        return _local(value.cast(pl.Datetime("us")), params)
    if kind == NUMBER:
        value = value.cast(pl.Int64, strict=False) if dtype.is_integer() else value.cast(pl.Float64)
        tries = [_fixed(dates.epoch(value, form), params) for form in params.formats if form in EPOCHS]
        return pl.coalesce(tries or [pl.lit(None, pl.Datetime("us"))])
    return pl.coalesce([_read(value.str.strip_chars(), form, params) for form in params.formats])


def _read(text: pl.Expr, form: str, params: Any) -> pl.Expr:
    if form in EPOCHS:
        # A float does not hold every whole number.
        whole = pl.when(text.str.contains(_INTEGER)).then(text).cast(pl.Int64, strict=False)
        number = pl.when(text.str.contains(_NUMBER)).then(text).cast(pl.Float64, strict=False)
        return _fixed(pl.coalesce(dates.epoch(whole, form), dates.epoch(number, form)), params)
    found = dates.read(text, form)
    return _fixed(found, params) if dateformat.shape(form).fixed else _local(found, params)


def _local(naive: pl.Expr, params: Any) -> pl.Expr:
    """Times of the zone. Of an hour that occurs twice the first is meant; one that never was has no value, but a day."""
    if params.zone is None or params.type == "date":
        return naive
    aware = naive.dt.replace_time_zone(params.zone, ambiguous="earliest", non_existent="null")
    return aware.dt.convert_time_zone(_UTC).dt.replace_time_zone(None)


def _fixed(utc: pl.Expr, params: Any) -> pl.Expr:
    """Moments that are in UTC."""
    if params.zone is None or params.type != "date":
        return utc
    return utc.dt.replace_time_zone(_UTC).dt.convert_time_zone(params.zone).dt.replace_time_zone(None)


def _output(moments: pl.Expr, params: Any) -> pl.Expr:
    if params.type == "date":
        return moments.cast(pl.Date)
    return moments if params.zone is None else moments.dt.replace_time_zone(_UTC)


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
