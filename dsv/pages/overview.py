"""The first screen: what changed, why, where in the pipeline, in which columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsv.delta.model import OPS
from dsv.delta.values import short
from dsv.pages import charts, story, wording
from dsv.pages.markup import Html, el, join
from dsv.pages.model import ADDED, CHANGED, REMOVED, SAME, End, Node, Report, Transition
from dsv.pages.patterns import ColumnFacts, Patterns
from dsv.pages.story import Story

BARS = 8
CLASSES = 12
WIDTHS = {"wide-only": 540, "narrow-only": 290}
BUMPS = {
    "major": "old records were edited, removed or moved",
    "minor": "only additions",
    "patch": "the same records, stored anew",
}


def header(report: Report) -> Html:
    """Which versions these are."""
    return join(
        [
            el("span", report.dataset, class_="dataset"),
            el(
                "span",
                _end(report.a),
                el("span", " → ", class_="arrow", aria_label="to"),
                _end(report.b),
                class_="ends",
            ),
        ]
    )


def _end(end: End) -> Html:
    # A commit asked for by its full name is told in short.
    name = end.name[:10] if end.sha == end.name else "workspace" if end.name == "." else end.name
    return el(
        "span",
        el("b", name),
        " ",
        el("code", (end.root or "?")[:10], title=f"root {end.root}\ncommit {end.sha or 'none: the workspace'}"),
        class_="end",
    )


def lead(report: Report, told: Story) -> Html:
    """Headline, warnings, why, findings, figures."""
    return join(
        [
            el("h1", _marked(told.headline, report)),
            [
                el("p", el("span", "!", class_="mark", aria_hidden="true"), warning, class_="warning", role="note")
                for warning in told.warnings
            ],
            el("p", el("b", "Why: "), "; ".join(told.because), ".", class_="because") if told.because else None,
            el("ul", [el("li", finding) for finding in told.findings], class_="findings") if told.findings else None,
            _figures(report),
            _commits(report),
        ]
    )


def _marked(headline: str, report: Report) -> list[Html | str]:
    """The headline, each part in the colour of what happened."""
    parts = headline.split(", ")
    ops = [op for op in OPS if report.counts._asdict()[op]]
    if len(parts) != len(ops):
        return [headline]
    return [
        piece
        for at, (part, op) in enumerate(zip(parts, ops, strict=True))
        for piece in ([", "] if at else []) + [el("span", part, class_=op)]
    ]


def _figures(report: Report) -> Html:
    figures = report.counts._asdict()
    tiles = [
        el(
            "div",
            el("dt", name),
            el("dd", el("span", wording.SIGNS.get(name, "="), class_="sign", aria_hidden="true"), f"{n:,}"),
            class_=f"{name} figure{'' if n else ' none'}",
        )
        for name, n in figures.items()
    ]
    size = el("div", el("dt", "records"), el("dd", f"{report.a.records:,} → {report.b.records:,}"), class_="figure")
    step = report.bump and el(
        "div",
        el("dt", "version step"),
        el("dd", report.bump, title=BUMPS[report.bump]),
        class_=f"figure step {report.bump}",
    )
    return el("dl", size, tiles, step, class_="figures")


def _commits(report: Report) -> Html | None:
    if not report.commits:
        return None
    shown = [
        el(
            "li",
            el("code", commit.sha[:8]),
            " ",
            el("b", short(commit.subject)),
            f" {commit.author}, ",
            el("time", commit.date[:10], datetime=commit.date),
        )
        for commit in report.commits[:3]
    ]
    more = len(report.commits) - 3
    return el(
        "ul",
        shown,
        el("li", f"{more:,} more commits") if more > 0 else None,
        class_="commits",
        aria_label="Commits between the versions",
    )


def _panel(name: str, title: str, *children: object) -> Html:
    return el(
        "section",
        el("h2", title, id=f"{name}-title"),
        children,
        class_=f"panel {name}",
        aria_labelledby=f"{name}-title",
    )


def cause_names(report: Report) -> list[tuple[int, str]]:
    """Place and name of each cause, told apart where they read alike."""
    return [(at, f"{wording.phrase(cause)} ({wording.ops(n)})") for at, (cause, n) in enumerate(report.causes)]


def causes(report: Report) -> Html | None:
    """Why: a bar a cause, and all of them as a table."""
    if not report.causes:
        return None
    top = [(wording.phrase(cause), dict(n), f"#cause={at}") for at, (cause, n) in enumerate(report.causes[:BARS])]
    rows = [
        el(
            "tr",
            el("td", el("a", wording.phrase(cause), href=f"#cause={at}")),
            el("td", wording.KINDS.get(cause.kind, cause.kind)),
            el("td", cause.stage),
            [el("td", f"{n[op]:,}", class_="number") for op in OPS],
        )
        for at, (cause, n) in enumerate(report.causes[:200])
    ]
    head = el("tr", [el("th", name, scope="col") for name in ("why", "kind", "stage", *OPS)])
    left = len(report.causes) - BARS
    table = el(
        "details",
        el("summary", "All causes as a table" + (f" ({left:,} more than in the chart)" if left > 0 else "")),
        _table(head, rows),
    )
    return _panel("causes", "Why", _bars("causes", top), table)


def _bars(name: str, rows: list[tuple[str, dict[str, int], str]]) -> list[Html]:
    """The chart for screens and for phones, of which one is shown: a chart that is scaled has letters too small to read."""
    return [
        el("div", charts.bars(f"{name}-{kind}", rows, width), class_=f"chart {kind}") for kind, width in WIDTHS.items()
    ]


def _table(head: Html, rows: list[Html]) -> Html:
    return el("div", el("table", el("thead", head), el("tbody", rows)), class_="wide")


def pipeline(report: Report) -> Html | None:
    """Where: sources and stages in their order, those that changed lit."""
    if not report.stages:
        return None
    sources = (
        el(
            "ul",
            [el("li", _node(node, f"#stage={node.name}" if node.deltas else None)) for node in report.sources],
            class_="sources",
        )
        if report.sources
        else None
    )
    stages = [el("li", _node(node, f"#stage={node.name}" if node.deltas else None)) for node in report.stages]
    return _panel(
        "pipeline", "Where", el("ol", el("li", sources, class_="inputs") if sources else None, stages, class_="graph")
    )


STATES = {CHANGED: "changed", ADDED: "new", REMOVED: "gone"}


def _node(node: Node, link: str | None) -> Html:
    was, now = node.kept
    figure = None
    if was != now:
        figure = f"keeps {_number(was)} → {_number(now)}"
    parts = [
        el("span", short(node.name), class_="name"),
        el("span", STATES[node.state], class_="state") if node.state != SAME else None,
        el("span", figure, class_="kept") if figure else None,
        [el("span", why, class_="why") for why in node.why[:4]],
        el("span", f"{len(node.why) - 4} more", class_="why") if len(node.why) > 4 else None,
        el("span", f"{wording.records(node.deltas)} changed here", class_="deltas") if node.deltas else None,
    ]
    return el("a" if link else "div", parts, class_=f"node {node.state}{' lit' if node.deltas else ''}", href=link)


def _number(n: int | None) -> str:
    return "none" if n is None else f"{n:,}"


def columns(report: Report, found: Patterns) -> Html | None:
    """In which columns, and what their changes have in common."""
    if not report.columns:
        return None
    ordered = sorted(report.columns.items(), key=lambda item: (-item[1], item[0]))
    top = [(short(name), {"modified": n}, f"#column={short(name)}") for name, n in ordered[:BARS]]
    rows = [
        el(
            "tr",
            el("th", el("a", short(name), href=f"#column={short(name)}"), scope="row"),
            el("td", f"{n:,}", class_="number"),
            el("td", _common(name, found)),
        )
        for name, n in ordered[:100]
    ]
    head = el("tr", [el("th", name, scope="col") for name in ("column", "changed", "in common")])
    return _panel("columns", "In which columns", _bars("columns", top), _table(head, rows))


def _common(name: str, found: Patterns) -> str:
    facts = found.columns.get(name, ColumnFacts())
    swapped = [b if a == name else a for a, b in found.swaps if name in (a, b)]
    if swapped:
        return f"took the value of {short(swapped[0])}"
    if facts.boxes:
        return "; ".join(story.told_boxes(facts.boxes))
    return story.column(facts) or "no pattern"


def transitions(report: Report) -> Iterator[Html]:
    """From which class or split to which."""
    for name, title, found in (("labels", "Labels", report.labels), ("splits", "Moves between splits", report.splits)):
        if found:
            yield _panel(name, title, el("div", charts.matrix(name, _classes(found), ("from", "to")), class_="chart"))


def tables(report: Report) -> Iterator[Html]:
    """What stands beside the difference; the notes under the last."""
    for at, table in enumerate(report.beside.tables):
        kinds = ["number" if i in table.right else None for i in range(len(table.head))]
        head = el(
            "tr", [el("th", name, scope="col", class_=kind) for name, kind in zip(table.head, kinds, strict=True)]
        )
        rows = [
            el("tr", [el("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)]) for row in table.rows
        ]
        last = at == len(report.beside.tables) - 1
        yield _panel(
            f"table-{at}",
            table.title,
            _table(head, rows),
            [el("p", note, class_="note") for note in report.beside.notes if last],
        )


def _classes(found: Sequence[Transition]) -> list[tuple[str, str, int]]:
    """The transitions between the most frequent classes; the others together."""
    weight: dict[str, int] = {}
    for t in found:
        for value in (t.was, t.now):
            weight[_class(value)] = weight.get(_class(value), 0) + t.n
    kept = set(sorted(weight, key=lambda value: (-weight[value], value))[:CLASSES])
    summed: dict[tuple[str, str], int] = {}
    for t in found:
        key = tuple(value if value in kept else "others" for value in (_class(t.was), _class(t.now)))
        summed[key] = summed.get(key, 0) + t.n  # type: ignore[index,arg-type]
    return [(was, now, n) for (was, now), n in sorted(summed.items())]


def _class(value: str | None) -> str:
    return "none" if value is None else short(value, wording.VALUE)
