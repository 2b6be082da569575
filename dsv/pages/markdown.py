"""A difference as Markdown for a pull request: counts, causes, a few samples of each, never too long to post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dsv.delta.model import OPS, RecordDelta
from dsv.delta.values import short, shown, visible
from dsv.delta.words import CAME, SAME, WENT, words
from dsv.pages import boxes, patterns, story, wording
from dsv.pages.model import Beside, End, Report, samples

LONGEST = 60_000
CAUSES = 20
EACH = 3
CELLS = 6
VALUE = 160
SPECIAL = re.compile(r"[\\`*_\[\]<>|~@:#&]|[!$%](?=\w)|(?<=www)\.")
# Mentions and references (`@ada`, `#12`, `!3`) are looked for in the text that is shown, so an escape does not stop them.
REFERENCE = re.compile(r"(&#(?:33|35|36|37|38|64|126);)(?=\w)")
ROOM = 200


def text(report: Report) -> str:
    """The scoreboard. What does not fit is left out, samples first, and said to be."""
    found = story.tell(report, patterns.find(report.deltas))
    head = [
        f"### {escape(found.headline)}\n\n`{_plain(report.dataset)}` {_end(report.a)} → {_end(report.b)}"
        + _link(report)
        + "\n",
        *(f"> **{escape(warning)}**\n" for warning in found.warnings),
        f"**Why:** {escape('; '.join(found.because))}.\n" if found.because else "",
        "".join(f"- {escape(finding)}\n" for finding in found.findings),
        _counts(report),
    ]
    body = "\n".join(part for part in head if part)
    for block in (*_causes(report), *_tables(report.beside), *_samples(report)):
        if len(body) + len(block) + ROOM > LONGEST:
            return body + "\n\n… more does not fit here (`dsv diff --format html`).\n"
        body += block
    return body + "\n"


def escape(value: str) -> str:
    """The text as Markdown and HTML show it: no markup, link, mention or reference comes of it."""
    escaped = SPECIAL.sub(lambda found: f"&#{ord(found[0])};", visible(value))
    return REFERENCE.sub(r"\1<!-- -->", escaped)


def code(value: str) -> str:
    """The text as code: nothing in it is a mention either."""
    return f"<code>{escape(value)}</code>"


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]", "?", name)


def _end(end: End) -> str:
    root = f" <sub>{code((end.root or '?')[:12])}</sub>"
    return f"**{escape('workspace' if end.name == '.' else end.name[:40])}**{root}"


def _link(report: Report) -> str:
    # Parentheses and spaces would end the address.
    link = report.beside.link and re.sub(r"[\s()<>\\]", lambda c: f"%{ord(c[0]):02X}", report.beside.link)
    return f" · [full report]({link})" if link else ""


def _counts(report: Report) -> str:
    figures = report.counts._asdict()
    names = " | ".join(figures)
    rows = " | ".join(f"**{n:,}**" if n and name != "unchanged" else f"{n:,}" for name, n in figures.items())
    size = f"{report.a.records:,} → {report.b.records:,}"
    return f"| records | {names} | version step |\n|--:|{'--:|' * len(figures)}---|\n| {size} | {rows} | {report.bump or 'none'} |\n"


def _causes(report: Report) -> Iterator[str]:
    if not report.causes:
        return
    yield "\n| why | " + " | ".join(OPS) + " |\n|---|" + "--:|" * len(OPS)
    for cause, n in report.causes[:CAUSES]:
        yield f"\n| {escape(wording.phrase(cause))} | " + " | ".join(f"{n[op]:,}" if n[op] else "" for op in OPS) + " |"
    if len(report.causes) > CAUSES:
        yield f"\n| {len(report.causes) - CAUSES:,} more causes | | | | |"
    yield "\n"


def _tables(beside: Beside) -> Iterator[str]:
    for table in beside.tables:
        marks = "|".join("--:" if i in table.right else "---" for i in range(len(table.head)))
        rows = "".join(f"\n| {' | '.join(escape(cell) for cell in row)} |" for row in table.rows)
        yield f"\n**{escape(table.title)}**\n\n| {' | '.join(table.head)} |\n|{marks}|{rows}\n"
    for note in beside.notes:
        yield f"\n{escape(note)}\n"


def _samples(report: Report) -> Iterator[str]:
    for at, some in samples(report, EACH)[:CAUSES]:
        if some:
            cause, n = report.causes[at]
            rows = "".join(_record(delta) for delta in some)
            yield (
                f"\n<details><summary>{escape(wording.phrase(cause))} ({escape(wording.ops(n))})</summary>\n\n"
                f"| record | column | was | now |\n|---|---|---|---|\n{rows}\n</details>\n"
            )


def _record(delta: RecordDelta) -> str:
    rows = list(_cells(delta))
    name = f"{escape(wording.SIGNS[delta.op])} {code(short(delta.id, 100))}"
    if wording.through(delta):
        name += f" {escape(short(wording.through(delta)))}"
    told = [f"| {name if at == 0 else ''} | {row} |\n" for at, row in enumerate(rows[:CELLS])]
    more = f"| | {len(rows) - CELLS} more | | |\n" if len(rows) > CELLS else ""
    return "".join(told) + more if rows else f"| {name} | | | |\n"


def _cells(delta: RecordDelta) -> Iterator[str]:
    old, new = delta.old or {}, delta.new or {}
    for name in dict.fromkeys([*new, *old]):
        if delta.old is None or delta.new is None:
            value = (old or new)[name]
            if value is not None:
                told = code(short(value, VALUE))
                yield f"{escape(short(name))} | {told if delta.new is None else ''} | {told if delta.old is None else ''}"
        else:
            yield f"{escape(short(name))} | {_change(old.get(name), new.get(name))}"


def _change(was: Any, now: Any) -> str:
    if boxes.are(was) or boxes.are(now):
        return _boxes(was or [], now or [])
    # A cell holds the words around what changed.
    runs = words(shown(was), shown(now))
    return " | ".join(_side(runs, kind, mark) for kind, mark in ((WENT, "del"), (CAME, "ins")))


def _side(runs: list[tuple[str, str]], kind: str, mark: str) -> str:
    told = []
    left = VALUE
    for at, (run, part) in enumerate(runs):
        if run == SAME:
            piece = _middle(part, at == 0, at == len(runs) - 1)
            told.append(escape(piece[:left]))
        elif run == kind:
            piece = part
            told.append(f"<{mark}>{escape(piece[:left])}</{mark}>")
        else:
            continue
        left -= len(piece)
        if left <= 0:
            told.append("…")
            break
    return f"<code>{''.join(told)}</code>" if told else ""


def _middle(part: str, first: bool, last: bool, near: int = 24) -> str:
    """What is alike, cut to what is near a change."""
    if len(part) <= 2 * near:
        return part
    head, tail = ("" if first else part[:near]), ("" if last else part[-near:])
    return f"{head}…{tail}"


def _boxes(was: list[Mapping[str, Any]], now: list[Mapping[str, Any]]) -> str:
    tally = boxes.Tally()
    tally.add(was, now)
    return f"{len(was)} boxes | {len(now)} boxes: {escape('; '.join(story.told_boxes(tally)))}"
