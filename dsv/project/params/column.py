"""A column as params.yaml declares it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from dsv.record import dateformat
from dsv.record.problem import found

Problems = Iterator[tuple[str | tuple[str | int, ...], str]]


@dataclass(frozen=True)
class Column:
    """The type of a column; what does not fit goes to quarantine. `price: float` is short for `{type: float}`."""

    SHORT: ClassVar[str] = "type"

    type: Literal["string", "int", "float", "bool", "date", "datetime", "json"] = "string"
    formats: tuple[str, ...] = field(
        default=(),
        metadata={
            "nonempty": True,
            "unique": True,
            "doc": "strptime formats in the order tried, or epoch, epoch_ms, epoch_us",
        },
    )
    true: tuple[str, ...] = field(default=(), metadata={"unique": True, "doc": "tokens read as true"})
    false: tuple[str, ...] = field(default=(), metadata={"unique": True, "doc": "tokens read as false"})
    unit: str | None = field(default=None, metadata={"doc": "for people"})

    def impossible(self) -> Problems:
        if self.formats and self.type not in ("date", "datetime"):
            yield "formats", f"only a date or a datetime has formats, the type is {self.type}"
        for i, form in enumerate(self.formats):
            if fault := dateformat.fault(form):
                yield ("formats", i), f"found {found(form)}, {fault}"
        for key in ("true", "false"):
            if getattr(self, key) and self.type != "bool":
                yield key, f"only a bool has tokens, the type is {self.type}"
        if both := sorted({*self.true} & {*self.false}):
            yield "false", f"found {found(both[0])}, which is read as true"
