"""Reports as values: a plain one, and one whose every text tries to get out of its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dsv.delta.columns import SchemaChange
from dsv.delta.model import OPS, Cause, Counts, RecordDelta
from dsv.pages.model import CHANGED, SAME, Beside, Commit, End, Exhibit, Media, Node, Report, Table, Transition

NASTY = [
    "</script><script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    '" onmouseover="window.pwned = 1" x=\'',
    "<!--<script>",
    "nul \0 and half \ud800 of a character",
    "\u202eturned\u2066 around",
    "עברית then English",
    "long " * 2000,
    "http://nowhere.invalid/a.png @ada #1 `code` | [x](javascript:alert(1)) $x$",
    "{{data}} {{script}}",
]
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def cause(kind: str, what: str, was: Any = None, now: Any = None, stage: str = "clean") -> Cause:
    return Cause(kind, stage, what, was, now)


def report(deltas: Sequence[RecordDelta], **changed: Any) -> Report:
    """A report of these changes of a data set of a thousand records."""
    counted = Counter(delta.op for delta in deltas)
    causes: dict[str, tuple[Cause, dict[str, int]]] = {}
    for delta in deltas:
        causes.setdefault(repr(delta.cause), (delta.cause, dict.fromkeys(OPS, 0)))[1][delta.op] += 1
    columns = Counter(name for delta in deltas if delta.op == "modified" for name in delta.new or {})
    n = Counts(*(counted[op] for op in OPS), 1000 - counted["removed"] - counted["modified"] - counted["moved"])
    made = Report(
        "reviews", End("v1.0.0", "a" * 40, "b" * 64, 1000), End("v1.1.0", "c" * 40, "d" * 64, 1000 + n.added - n.removed),
        n, "major", SchemaChange(), columns, [], [], sorted(causes.values(), key=lambda item: -sum(item[1].values())), deltas,
        sources=[Node("shop", "records", CHANGED, ("+ february: 10 read",))],
        stages=[Node("ingest", "ingest", SAME), Node("clean", "clean", CHANGED, ("min 3 → 5",), len(deltas), (9, 8))],
        commits=[Commit("e" * 40, "february", "Ada", "2026-03-01T12:00:00+00:00")],
    )  # fmt: skip
    return replace(made, **changed)


def plain() -> Report:
    """Prices raised, a text mended, records added, dropped and moved: each by a cause of its own."""
    raised, text = cause("param", "clean.rate", 1, 2), cause("content", "shop/february", stage="ingest")
    new, short = cause("batch", "shop/february", None, "added", "ingest"), cause("param", "clean.min", 3, 5)
    deltas = [RecordDelta(f"shop/{i}", "modified", {"price": i}, {"price": 2 * i}, raised) for i in range(1, 21)]
    deltas.append(RecordDelta("shop/21", "modified", {"text": "a bad apple fell"}, {"text": "a red apple fell"}, text))
    deltas += [RecordDelta(f"shop/{i}", "added", None, {"price": i, "text": f"new {i}"}, new) for i in range(30, 40)]
    deltas += [RecordDelta(f"shop/{i}", "removed", {"price": i, "text": "x"}, None, short) for i in range(50, 55)]
    deltas += [
        RecordDelta("shop/60", "moved", {"split": "train"}, {"split": "test"}, cause("partner", "quota", stage="split"))
    ]
    twin = Cause("partner", "clean", "duplicate", via=text)
    deltas.append(RecordDelta("shop/70", "added", None, {"text": "twin"}, twin, "shop/21", ("ann", "bob")))
    return report(
        deltas,
        splits=[Transition("train", "test", 1)],
        labels=[Transition("ham", "spam", 3), Transition(None, "ham", 1)],
    )


def hostile() -> Report:
    """Values, ids, columns, causes, labels, names and messages of which each would do harm if it were markup."""
    box = {"label": NASTY[0], "xmin": 1.0, "ymin": 2.0, "xmax": 30.0, "ymax": 40.0}
    deltas = [
        RecordDelta(f"s/{text}", "modified", {text: text}, {text: text[::-1]}, cause("param", text, text, [text]))
        for text in NASTY
    ]
    deltas += [
        RecordDelta(
            text, "added", None, {"v": text, "list": [text], "struct": {text: text}}, cause("batch", text, None, text)
        )
        for text in NASTY
    ]
    deltas.append(
        RecordDelta(
            "boxes", "modified", {"boxes": [box]}, {"boxes": [box | {"label": NASTY[1]}]}, cause("annotation", NASTY[1])
        )
    )
    exhibits = {"boxes": Exhibit((Media("image", DOT, 64, 64), None), ([box], [box | {"label": NASTY[1]}]))}
    exhibits[NASTY[0]] = Exhibit((None, Media("audio", "data:audio/wav;base64,UklGRg==")))
    nodes = [Node(text, "records", CHANGED, (text,), 1) for text in NASTY]
    return report(
        deltas, dataset=NASTY[0], a=End(NASTY[1], None, NASTY[0], 1000), sources=nodes, stages=nodes, exhibits=exhibits,
        labels=[Transition(NASTY[0], text, 1) for text in NASTY], commits=[Commit("e" * 40, NASTY[0], NASTY[1], NASTY[2])],
        schema=SchemaChange(tuple(NASTY), tuple(NASTY), {NASTY[0]: NASTY[1]}, {NASTY[0]: (NASTY[1], NASTY[2])}),
        others=["s/1"], beside=Beside(NASTY[2], "javascript:alert(1))", [Table(NASTY[0], ["a", "b"], [[NASTY[1], NASTY[2]]], frozenset({1}))], NASTY),
    )  # fmt: skip
