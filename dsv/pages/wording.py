"""Causes in plain words. The one place that reads a cause."""

from __future__ import annotations

from typing import Any

from dsv.delta.model import Cause, RecordDelta
from dsv.delta.values import short

SIGNS = {"added": "+", "removed": "−", "modified": "~", "moved": ">"}
FOLDED = {
    "added": "new in delivery {}",
    "withdrawn": "withdrawn by delivery {}",
    "replaced": "replaced in delivery {}",
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
    """Why, as the end of a sentence: `withdrawn by delivery shop/2026-02`; of a partner, with its own cause."""
    told = _own(cause)
    return told if cause.via is None else f"{told}, and that one: {phrase(cause.via)}"


def _own(cause: Cause) -> str:
    what = short(cause.what)
    if cause.kind == "batch":
        return FOLDED.get(str(cause.now), "delivery {}").format(what)
    if cause.kind == "content":
        return (
            f"as they were before delivery {what}, which is gone"
            if cause.now == "removed"
            else f"other values in delivery {what}"
        )
    if cause.kind in ("annotation", "review"):
        return _annotated(cause)
    if cause.kind == "param":
        return f"{what} {_step(cause.was, cause.now)}"
    if cause.kind == "code":
        return f"the code of {cause.stage} ({what}{_maybe(cause)})"
    if cause.kind == "partner":
        return f"through another record ({short(cause.stage)}.{what})"
    if cause.kind == "unexplained":
        return f"nothing that is known explains it ({cause.stage}, {what})"
    return f"{cause.kind} {what}"


def _annotated(cause: Cause) -> str:
    where = str(cause.was if cause.now is None else cause.now)
    # Annotations by nobody in particular have the name of their source.
    nameless = cause.what == where.partition("/")[0]
    who = "" if nameless else f" by {short(cause.what)}"
    gone = ", which are gone" if cause.now is None else ""
    what = "reviews" if cause.kind == "review" else "annotations"
    return f"{what}{who} in {short(where)}{gone}"


def _maybe(cause: Cause) -> str:
    return "" if cause.was is None and cause.now is None else f" {_step(cause.was, cause.now)}"


def _step(was: Any, now: Any) -> str:
    if was is None:
        return f"added: {short(now, VALUE)}"
    if now is None:
        return f"removed: {short(was, VALUE)}"
    return f"{short(was, VALUE)} → {short(now, VALUE)}"


def through(delta: RecordDelta) -> str:
    """The other record, or the people, through whom a record changed; empty where there are none."""
    told = [
        *([f"of {short(delta.partner)}"] if delta.partner else []),
        *([f"by {', '.join(delta.by)}"] if delta.by else []),
    ]
    return ", ".join(told)


def ops(counts: Any) -> str:
    """`+10 −3`: what happened to how many records."""
    return " ".join(f"{SIGNS[op]}{n:,}" for op, n in counts.items() if n)


def records(n: int) -> str:
    """`1 record`, `2 records`."""
    return f"{n:,} record" + ("" if n == 1 else "s")
