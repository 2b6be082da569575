"""A source as params.yaml declares it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Final, Literal

from dsv.project.params import names
from dsv.project.params.batch import ONE_CHARACTER, Batch
from dsv.project.params.column import Column, Problems
from dsv.record import schema
from dsv.record.problem import found

ANNOTATIONS: Final = "annotations"
FIELDS: Final = {"quote": "quoting", "escape": "escaping"}
ONLY_TOLD: Final = ("arrived", "license", "url", "privacy", "consent", "meta", "name")
# Without these nobody knows what is said of which record. Who said it may be left out.
TOLD: Final = {
    "item": "the column that names the annotated record",
    "of": "the source of the annotated records",
    "value": "the column of the annotation",
}
ONLY_ANNOTATIONS: Final = ("item", "of", "annotator", "value", "value_type", "match")


@dataclass(frozen=True)
class Const:
    """One value for all rows of a source, in place of a column."""

    const: str = field(metadata={"nonempty": True})


@dataclass(frozen=True)
class Source:
    """A declared origin: how its deliveries are read, what names a record, and what may be done with it."""

    name: str
    kind: Literal["records", "annotations", "media"] = "records"
    format: str | None = field(
        default=None, metadata={"nonempty": True, "doc": "any registered format; by suffix when left out"}
    )
    key: tuple[str, ...] = field(
        default=(),
        metadata={
            "nonempty": True,
            "unique": True,
            "doc": "columns that name a record; else the path of media, or the content",
        },
    )
    on_conflict: Literal["replace", "keep", "error"] = field(
        default="replace", metadata={"doc": "what a key does that arrives again"}
    )
    license: str | None = field(
        default=None, metadata={"doc": "SPDX expression or LicenseRef-…; required before a run"}
    )
    privacy: Literal["none", "pseudonymous", "personal", "special-category"] = "none"
    consent: str | None = field(default=None, metadata={"doc": "the ground on which personal data is used, for people"})
    url: str | None = field(default=None, metadata={"nonempty": True})
    null: tuple[str, ...] = field(
        default=("",), metadata={"unique": True, "doc": "tokens read as null; nothing else ever is"}
    )
    delivery: Literal["append", "snapshot"] = field(
        default="append", metadata={"doc": "snapshot: each batch is the whole source"}
    )
    arrived: tuple[Batch, ...] = field(
        default=(),
        metadata={
            "key": "batches",
            "doc": "in order of arrival; {name: NAME, names: […], …} changes how that batch and later ones are read",
        },
    )
    columns: Mapping[str, Column] = field(
        default_factory=dict, metadata={"doc": "types to enforce; columns not listed are strings"}
    )
    rename: Mapping[str, str] = field(
        default_factory=dict, metadata={"nonempty": True, "doc": "old name: new name, of all deliveries"}
    )
    delimiter: str | None = field(default=None, metadata={**ONE_CHARACTER, "doc": "by format when left out"})
    quoting: str | bool | None = field(
        default='"', metadata={**ONE_CHARACTER, "key": "quote", "doc": "null or false: quotes mean nothing"}
    )
    escaping: str | bool | None = field(default=None, metadata={**ONE_CHARACTER, "key": "escape"})
    header: bool = field(default=True, metadata={"doc": "whether the first row names the columns"})
    names: tuple[str, ...] = field(
        default=(), metadata={"nonempty": True, "unique": True, "doc": "of the columns, without a header"}
    )
    encoding: str = "utf-8"
    item: str | None = field(default=None, metadata={"nonempty": True, "doc": TOLD["item"]})
    of: str | None = field(default=None, metadata={"doc": TOLD["of"]})
    annotated_by: str | Const | None = field(
        default=None,
        metadata={"nonempty": True, "key": "annotator", "doc": "a column, or {const: NAME} for one annotator"},
    )
    value: str | None = field(default=None, metadata={"nonempty": True, "doc": TOLD["value"]})
    value_type: Literal["label", "boxes", "text"] | None = field(
        default=None, metadata={"doc": "inferred when left out"}
    )
    match: Literal["exact", "stem"] = field(
        default="exact", metadata={"doc": "how an item finds its record; stem: file name without suffix"}
    )
    meta: Mapping[str, Any] = field(default_factory=dict, metadata={"doc": "anything, for people"})

    @property
    def annotator(self) -> str | None:
        """The column that names the annotator."""
        return self.annotated_by if isinstance(self.annotated_by, str) else None

    @property
    def annotator_name(self) -> str | None:
        """The one annotator of a source without such a column."""
        return self.annotated_by.const if isinstance(self.annotated_by, Const) else None

    @property
    def quote(self) -> str | None:
        """The character that quotes a value, None where quotes mean nothing."""
        return self.quoting if isinstance(self.quoting, str) else None

    @property
    def escape(self) -> str | None:
        """The character that takes the next one's meaning away, None where none does."""
        return self.escaping if isinstance(self.escaping, str) else None

    @property
    def batches(self) -> tuple[str, ...]:
        """The names of the deliveries in order of arrival."""
        return tuple(batch.name for batch in self.arrived)

    def lacking(self) -> tuple[str, ...]:
        """The keys that annotations need and that are not there."""
        return tuple(key for key in TOLD if getattr(self, key) is None)

    def delivered(self) -> tuple[Source, ...]:
        """The source as each of its batches is read."""
        found, now = [], replace(self, arrived=())
        for batch in self.arrived:
            now = replace(now, **batch.changes())
            found.append(now._resolved() if batch.resolved else now)
        return tuple(found)

    def _resolved(self) -> Source:
        """The source as `dsv resolve` delivers: rows as they are stored, which win whatever came before."""
        if self.kind == "media":
            return replace(self, on_conflict="replace")
        plain = replace(self, format="parquet", columns={}, rename={}, names=(), header=True, null=())
        return replace(plain, on_conflict="replace")

    def counts(self) -> dict[str, Any]:
        """The params that can change a record, by their keys: all but the names of the batches and what is only told."""
        plain = {f.metadata.get("key", f.name): getattr(self, f.name) for f in fields(self) if f.name not in ONLY_TOLD}
        return plain | {"columns": {name: replace(column, unit=None) for name, column in self.columns.items()}}

    def signed(self) -> dict[str, Any]:
        """Of `counts` what is not as it is by default."""
        counts = self.counts()
        return {key: schema.given(counts[key]) for key in schema.given(self) if key in counts}

    def impossible(self) -> Problems:
        yield from self._unreadable()
        if self.kind != ANNOTATIONS:
            for key in _given(self):
                yield key, f"only sources of kind annotations have this, the kind is {self.kind}"
        yield from _twice(self.batches)
        yield from names.alike(self.batches, "batches")
        for i, (batch, source) in enumerate(zip(self.arrived, self.delivered(), strict=True)):
            if given := batch.changes():
                for where, message in source._unreadable():
                    path = (where,) if isinstance(where, str) else where
                    if FIELDS.get(str(path[0]), path[0]) in given or (path[0] == "names" and batch.header is not None):
                        yield ("batches", i, *path), message

    def _unreadable(self) -> Problems:
        """What makes no sense about how files are read."""
        for key, given in (("quote", self.quoting), ("escape", self.escaping)):
            if given is True:
                yield key, "found true, one character, false or null is wanted"
        if self.header and self.names:
            yield "names", "names are for files without a header; set header: false"
        if not _is_text_encoding(self.encoding):
            yield "encoding", f"found {found(self.encoding)}, which Python does not know as a text encoding"
        yield from _renames(self.rename)


def _twice(batches: tuple[str, ...]) -> Problems:
    for i, name in enumerate(batches):
        if name in batches[:i]:
            yield ("batches", i), f"found {found(name)} twice"


def _given(source: Source) -> Iterator[str]:
    """The keys for annotations that are not left at their defaults."""
    for f in fields(source):
        key = f.metadata.get("key", f.name)
        if key in ONLY_ANNOTATIONS and f.default is not MISSING and getattr(source, f.name) != f.default:
            yield key


def _renames(rename: Mapping[str, str]) -> Problems:
    seen: dict[str, str] = {}
    for old, new in rename.items():
        if old == new:
            yield ("rename", old), "the old name is the new name"
        elif new in rename:
            yield ("rename", old), f"{found(new)} is itself renamed; name the last name"
        elif new in seen:
            yield ("rename", old), f"{found(seen[new])} is renamed to {found(new)} too"
        seen[new] = old


def _is_text_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return False
    return True
