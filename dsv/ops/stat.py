"""The difference of two versions as far as their reports tell: instant, and without data."""

from __future__ import annotations

from typing import Any, NamedTuple

from dsv.ops.show import describe
from dsv.project.layout import Layout
from dsv.project.tagged import tags
from dsv.project.version import find


class Stat(NamedTuple):
    """Figures of both versions, and those that differ: name → (old, new)."""

    a: dict[str, Any]
    b: dict[str, Any]
    changed: dict[str, tuple[Any, Any]]

    @property
    def differs(self) -> bool:
        return self.a["root"] != self.b["root"] or bool(self.changed)

    def json(self) -> dict[str, Any]:
        ends = [{key: side[key] for key in ("rev", "root", "records")} for side in (self.a, self.b)]
        return {"from": ends[0], "to": ends[1], "changed": {name: list(pair) for name, pair in self.changed.items()}}


def stat(layout: Layout, a: str = "HEAD", b: str = ".") -> Stat:
    """The figures in which two versions differ."""
    known = tags(layout)
    old, new = describe(find(layout, a), known), describe(find(layout, b), known)
    left, right = flat(old), flat(new)
    changed = {
        name: (left.get(name), right.get(name)) for name in {**left, **right} if left.get(name) != right.get(name)
    }
    return Stat(old, new, changed)


def flat(shown: dict[str, Any]) -> dict[str, Any]:
    """Name → figure of what `show` gives: `records`, `splits.test`, `labels.spam`, `dropped.clean.range`."""
    found: dict[str, Any] = {"records": shown["records"], "quarantined": shown["quarantined"]}
    for group in ("splits", "labels", "dropped", "columns"):
        found |= {f"{group}.{name}": value for name, value in shown[group].items()}
    for name, source in shown["sources"].items():
        found |= {f"sources.{name}.{batch}": counts.get("read", 0) for batch, counts in source["batches"].items()}
    return found
