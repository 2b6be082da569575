"""A source as params.yaml declares it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Final, Literal

from dsv.project.params import names
from dsv.record.problem import found

ANNOTATIONS: Final = "annotations"
ONLY_ANNOTATIONS: Final = ("item", "of", "annotator", "value", "value_type", "match")
EPOCHS: Final = ("epoch", "epoch_ms", "epoch_us")
ONE_CHARACTER: Final = {"pattern": r"(?s:.)", "means": "one character"}

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
            if "%" not in form and form not in EPOCHS:
                yield ("formats", i), f"found {found(form)}, a format with % or one of {', '.join(EPOCHS)} is wanted"
        for key in ("true", "false"):
            if getattr(self, key) and self.type != "bool":
                yield key, f"only a bool has tokens, the type is {self.type}"
        if both := sorted({*self.true} & {*self.false}):
            yield "false", f"found {found(both[0])}, which is read as true"


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
    batches: tuple[str, ...] = field(default=(), metadata={**names.NAME, "unique": True, "doc": "in order of arrival"})
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
    escape: str | None = field(default=None, metadata=ONE_CHARACTER)
    header: bool = field(default=True, metadata={"doc": "whether the first row names the columns"})
    names: tuple[str, ...] = field(
        default=(), metadata={"nonempty": True, "unique": True, "doc": "of the columns, without a header"}
    )
    encoding: str = "utf-8"
    item: str | None = field(
        default=None, metadata={"nonempty": True, "doc": "the column that names the annotated record"}
    )
    of: str | None = field(default=None, metadata={"doc": "the source of the annotated records"})
    annotated_by: str | Const | None = field(
        default=None,
        metadata={"nonempty": True, "key": "annotator", "doc": "a column, or {const: NAME} for one annotator"},
    )
    value: str | None = field(default=None, metadata={"nonempty": True, "doc": "the column of the annotation"})
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

    def impossible(self) -> Problems:
        if self.quoting is True:
            yield "quote", "found true, one character, false or null is wanted"
        if self.header and self.names:
            yield "names", "names are for files without a header; set header: false"
        if not _is_text_encoding(self.encoding):
            yield "encoding", f"found {found(self.encoding)}, which Python does not know as a text encoding"
        if self.kind != ANNOTATIONS:
            for key in _given(self):
                yield key, f"only sources of kind annotations have this, the kind is {self.kind}"
        yield from _renames(self.rename)
        yield from names.alike(self.batches, "batches")


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
