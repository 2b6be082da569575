"""What is said of a delivery."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

# Options with a value, by the names of the fields.
PLAIN: Final = ("batch", "kind", "format", "license", "privacy", "item", "annotator", "value", "of")


@dataclass(frozen=True)
class Delivery:
    """What arrives and what is said of it. Facts of a source that exists already must not contradict it."""

    paths: Sequence[Path]
    source: str
    batch: str | None = None
    kind: str | None = None
    format: str | None = None
    key: Sequence[str] = ()
    names: Sequence[str] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    license: str | None = None
    privacy: str | None = None
    item: str | None = None
    annotator: str | None = None
    value: str | None = None
    of: str | None = None
    snapshot: bool = False
    types: str = "infer"
    how: str = "copy"
    resolved: bool = False

    def columns(self) -> list[tuple[str, str]]:
        """The columns that are named, each with its option."""
        told = [("--key", name) for name in self.key]
        return told + [(f"--{name}", value) for name in ("item", "annotator", "value") if (value := getattr(self, name)) is not None]

    def command(self, **more: Any) -> str:
        """The command that says all this, and more."""
        return shlex.join(["dsv", "add", *_words(replace(self, **more))])


def _words(told: Delivery) -> Iterator[str]:
    yield from map(str, told.paths)
    yield from ("--source", told.source)
    for name in PLAIN:
        if (value := getattr(told, name)) is not None:
            yield from (f"--{name}", value)
    for column in told.key:
        yield from ("--key", column)
    if told.names:
        yield from ("--names", _line(told.names))
    for old, new in told.rename.items():
        yield from ("--rename", f"{old}={new}")
    flags = {"--snapshot": told.snapshot, "--types=string": told.types == "string", f"--{told.how}": told.how != "copy"}
    yield from (flag for flag, given in flags.items() if given)


def _line(names: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()
