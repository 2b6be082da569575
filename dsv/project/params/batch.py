"""A delivery as params.yaml lists it, and what it changes about how the source is read from it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final

from dsv.project.params import names
from dsv.project.params.column import Column

ONE_CHARACTER: Final = {"pattern": r"(?s:.)", "means": "one character"}
SOME: Final = {"nonempty": True, "unique": True}


@dataclass(frozen=True)
class Batch:
    """`2026-03` is short for `{name: 2026-03}`. Every other key replaces the source's, for this batch and later ones."""

    SHORT: ClassVar[str] = "name"

    name: str = field(metadata=names.NAME)
    format: str | None = field(default=None, metadata={"nonempty": True})
    key: tuple[str, ...] | None = field(default=None, metadata=SOME)
    null: tuple[str, ...] | None = field(default=None, metadata={"unique": True})
    columns: Mapping[str, Column] | None = None
    rename: Mapping[str, str] | None = field(default=None, metadata={"nonempty": True})
    delimiter: str | None = field(default=None, metadata=ONE_CHARACTER)
    quoting: str | bool | None = field(default=None, metadata={**ONE_CHARACTER, "key": "quote"})
    escaping: str | bool | None = field(default=None, metadata={**ONE_CHARACTER, "key": "escape"})
    header: bool | None = None
    names: tuple[str, ...] | None = field(default=None, metadata=SOME)
    encoding: str | None = None
    resolved: bool = field(
        default=False,
        metadata={"doc": "written by `dsv resolve`: rows as they are stored; says nothing of later batches"},
    )

    def changes(self) -> dict[str, Any]:
        """The fields of the source that this batch replaces. A header takes the names away."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("name", "resolved")}
        found = {name: value for name, value in given.items() if value is not None}
        return {"names": (), **found} if self.header else found
