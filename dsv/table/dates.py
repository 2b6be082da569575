"""Dates and times from texts and numbers. A text fits a format as in strptime: what Polars takes beyond that is none."""

from __future__ import annotations

import polars as pl

from dsv.record import dateformat

_UNITS = {"epoch": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_MICROSECONDS = 1_000_000
# 0001-01-01 and 10000-01-01 in seconds: Python knows no other years.
_FIRST, _AFTER = -62_135_596_800, 253_402_300_800


def read(text: pl.Expr, form: str) -> pl.Expr:
    """The moments that texts say in a format of strptime, in UTC where it has a zone; null where one does not fit."""
    shape = dateformat.shape(form)
    fitting: pl.Expr = pl.when(text.str.contains(shape.pattern())).then(text)
    if "%y" in shape.parts:
        fitting, shape = _century(fitting, shape), dateformat.shape(shape.form.replace("%y", "%Y"))
    plain = shape.form.replace(".%f", "%.f")
    if "%f" in plain:
        # Polars takes digits without a point before them for nanoseconds.
        fitting, plain = fitting.str.replace(shape.pattern("%f"), "${1}.${2}${3}"), plain.replace("%f", "%.f")
    return _within(_parsed(fitting, plain, shape))


def _century(text: pl.Expr, shape: dateformat.Shape) -> pl.Expr:
    """The texts with four digits of the year: as in strptime, 69 is 1969 and 68 is 2068."""
    pattern = shape.pattern("%y")
    last = text.str.extract(pattern, 2) >= "69"
    return pl.when(last).then(text.str.replace(pattern, "${1}19${2}${3}")).otherwise(text.str.replace(pattern, "${1}20${2}${3}"))


def _parsed(text: pl.Expr, form: str, shape: dateformat.Shape) -> pl.Expr:
    if shape.zoned:
        aware = text.str.to_datetime(form, strict=False, exact=True, time_unit="us", time_zone="UTC")
        return aware.dt.replace_time_zone(None)
    if shape.timed:
        return text.str.to_datetime(form, strict=False, exact=True, time_unit="us")
    return text.str.to_date(form, strict=False, exact=True).cast(pl.Datetime("us"))


def _within(moment: pl.Expr) -> pl.Expr:
    """The moments, null for a year that Python does not know: 0000, or by an offset."""
    return pl.when(moment.dt.year().is_between(1, 9999)).then(moment)


def epoch(number: pl.Expr, form: str) -> pl.Expr:
    """The moments so many seconds, milliseconds or microseconds (`epoch`, `epoch_ms`, `epoch_us`) after 1970."""
    unit = _UNITS[form]
    inside = number.is_between(_FIRST * unit, _AFTER * unit, closed="left")
    return (pl.when(inside).then(number) * (_MICROSECONDS // unit)).round().cast(pl.Int64, strict=False).cast(pl.Datetime("us"))
