"""Sizes in bytes, as people write and read them."""

from __future__ import annotations

import re

import click

LIMIT = "DSV_CACHE_LIMIT"
UNITS = {"": 1, "B": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}  # fmt: skip
SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?\s*", re.IGNORECASE)


class Size(click.ParamType):  # type: ignore[type-arg]
    """`500MB`, `2 GiB`, a number of bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = SIZE.fullmatch(str(value))
        if found is None or found[2].upper() not in UNITS:
            self.fail(f"{value!r} is no size such as 500MB, 2GB or 1.5GiB.", param, ctx)
        return int(float(found[1]) * UNITS[found[2].upper()])


def text(size: int) -> str:
    """A size for people."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}".replace(".0 ", " ")
    return f"{size} bytes"
