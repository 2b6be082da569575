"""Causes in plain words. The one place that reads a cause."""

from __future__ import annotations

from typing import Any

from dsv.delta.model import Cause
from dsv.delta.values import short

SIGNS = {"added": "+", "removed": "−", "modified": "~", "moved": ">"}
FOLDED = {
    "added": "new in delivery {}",
    "withdrawn": "withdrawn by delivery {}",
    "replaced": "replaced by delivery {}",
    "conflict": "in conflict in delivery {}",
    "restored": "back with delivery {}, as they had been",
    "removed": "of delivery {}, which is no longer there",
}
KINDS = {
    "batch": "delivery",
    "content": "content",
    "annotation": "annotation",
    "review": "review",
    "param": "parameter",
    "code": "code",
    "partner": "another record",
    "unexplained": "unexplained",
}
VALUE = 40


def phrase(cause: Cause) -> str:
    """Why, as the end of a sentence: `withdrawn by delivery shop/2026-02`."""
    what = short(cause.what)
    if cause.kind == "batch":
        return FOLDED.get(str(cause.now), "delivery {}").format(what)
    if cause.kind == "content":
        return f"other values in delivery {what}"
    if cause.kind == "annotation":
        return f"annotations of {what}"
    if cause.kind == "review":
        return f"a review: {what}"
    if cause.kind == "param":
        return f"{what} {_step(cause.was, cause.now)}"
    if cause.kind == "code":
        return f"the code of {cause.stage} ({what}{_maybe(cause)})"
    if cause.kind == "partner":
        return f"through another record in {cause.stage} ({what})"
    if cause.kind == "unexplained":
        return f"nothing that is known explains it ({cause.stage}, {what})"
    return f"{cause.kind} {what}"


def name(cause: Cause) -> str:
    """The cause in a few words, for a label: `param clean.rules[0].range.min 3 → 5`."""
    if cause.kind in ("batch", "content"):
        return (
            f"{short(cause.what)} {cause.now or 'content'}" if cause.kind == "batch" else f"{short(cause.what)} content"
        )
    if cause.was is None and cause.now is None:
        return f"{cause.kind} {short(cause.what)}"
    return f"{short(cause.what)} {_step(cause.was, cause.now)}"


def _maybe(cause: Cause) -> str:
    return "" if cause.was is None and cause.now is None else f" {_step(cause.was, cause.now)}"


def _step(was: Any, now: Any) -> str:
    if was is None:
        return f"added: {short(now, VALUE)}"
    if now is None:
        return f"removed: {short(was, VALUE)}"
    return f"{short(was, VALUE)} → {short(now, VALUE)}"


def ops(counts: Any) -> str:
    """`+10 −3`: what happened to how many records."""
    return " ".join(f"{SIGNS[op]}{n:,}" for op, n in counts.items() if n)


def records(n: int) -> str:
    """`1 record`, `2 records`."""
    return f"{n:,} record" + ("" if n == 1 else "s")
