"""The difference in a few sentences: what a reader has to know in ten seconds."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from dsv.delta.model import OPS
from dsv.delta.values import short
from dsv.pages import boxes, patterns, wording
from dsv.pages.model import Report
from dsv.pages.patterns import ColumnFacts, Patterns

# A share of the records gone that is more often an accident than a decision.
ALARM = 0.2
FINDINGS = 6


class Story(NamedTuple):
    """A headline, what calls for attention, why it happened, and what the changes have in common."""

    headline: str
    warnings: list[str]
    because: list[str]
    findings: list[str]


def tell(report: Report, found: Patterns) -> Story:
    """The story of a report whose deltas have these patterns."""
    return Story(_headline(report), _warnings(report), _because(report), _findings(report, found)[:FINDINGS])


def _headline(report: Report) -> str:
    counts, before = report.counts, report.a.records
    parts: list[str] = []
    for op, n in counts._asdict().items():
        if n and op != "unchanged":
            told = {"added": "added", "moved": "moved to another split"}.get(op, op)
            of = f" of {before:,} records" if not parts and op != "added" else "" if parts else " records"
            parts.append(f"{n:,}{' record' if of == ' records' and n == 1 else of} {told}")
    if not parts:
        return "The same records, other columns" if report.schema else "The same records"
    if counts.modified and 1 <= len(report.columns) <= 3:
        names = [short(name) for name in sorted(report.columns, key=lambda name: (-report.columns[name], name))]
        at = next(i for i, part in enumerate(parts) if part.endswith("modified"))
        parts[at] += f" in {_listed(names)}"
    return ", ".join(parts)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _because(report: Report) -> list[str]:
    told = [f"{wording.phrase(cause)} ({sum(n.values()):,})" for cause, n in report.causes[:3]]
    if len(report.causes) == 1:
        told = [wording.phrase(report.causes[0][0])]
    more = len(report.causes) - 3
    return told + ([f"{more:,} more {'cause' if more == 1 else 'causes'}"] if more > 0 else [])


def _warnings(report: Report) -> list[str]:
    found = []
    lost = sum(sum(n.values()) for cause, n in report.causes if cause.root.kind == "unexplained")
    if lost:
        found.append(f"Nothing explains the change of {wording.records(lost)}: a stage is not deterministic.")
    removed, before = report.counts.removed, report.a.records
    if removed >= 10 and removed >= ALARM * before:
        found.append(f"{removed / before:.0%} of the records are gone. Was the delivery complete?")
    renamed = [f"{short(old)} → {short(new)}" for old, new in report.schema.renamed.items()]
    retyped = [f"{short(name)} {was} → {now}" for name, (was, now) in report.schema.retyped.items()]
    gone = [short(name) for name in report.schema.removed]
    for what, names in (("gone", gone), ("renamed", renamed), ("of another type", retyped)):
        if names:
            found.append(
                f"{'Columns' if len(names) > 1 else 'Column'} {what}: {', '.join(names[:5])}{', …' if len(names) > 5 else ''}."
            )
    if any(t.was != t.now and t.was is not None and t.now is not None for t in report.splits):
        found.append("Records changed their split: figures on the old and on the new test set do not compare.")
    if report.b.quarantined > report.a.quarantined:
        found.append(f"{report.b.quarantined - report.a.quarantined:,} more rows could not be read (quarantine).")
    return found


def _findings(report: Report, found: Patterns) -> list[str]:
    seen = [] if report.whole else [f"Looked at {len(report.deltas):,} of {report.changed:,} changed records."]
    swapped = {name for pair in found.swaps for name in pair}
    told = [
        f"{short(a)} and {short(b)} exchanged their values in {wording.records(n)}"
        for (a, b), n in found.swaps.most_common(3)
    ]
    told += [f"boxes: {text}" for facts in found.columns.values() for text in told_boxes(facts.boxes)]
    told += _ids(report)
    order = sorted(found.columns, key=lambda name: (-_constant(found.columns[name]), -found.columns[name].n, name))
    told += [f"{short(name)}: {text}" for name in order if name not in swapped if (text := column(found.columns[name]))]
    for title, transitions in (("labels", report.labels), ("splits", report.splits)):
        if transitions:
            told.append(f"{title}: " + ", ".join(f"{_class(t.was)} → {_class(t.now)} {t.n:,}" for t in transitions[:4]))
    if report.schema.added:
        told.append(f"new columns: {', '.join(short(name) for name in report.schema.added[:8])}")
    return seen + told


def _class(value: str | None) -> str:
    return "none" if value is None else short(value, wording.VALUE)


def _constant(facts: ColumnFacts) -> int:
    """How many changes of a column its most frequent pair of values explains."""
    return facts.pairs.most_common(1)[0][1] if facts.pairs else 0


def column(facts: ColumnFacts) -> str | None:
    """What the changes of a column have in common; None where they have nothing."""
    if facts.n < 2 or facts.boxes:
        return None
    top = [(pair, n) for pair, n in facts.pairs.most_common(3) if n > 1]
    if top and sum(n for _, n in top) >= facts.n / 2:
        return ", ".join(f"{was} → {now} in {_all(n, facts.n)}" for (was, now), n in top)
    for n, told in (
        (facts.spelling, "only case or spaces differ"),
        (facts.emptied, "emptied"),
        (facts.filled, "filled"),
        (facts.cut, "cut short"),
    ):
        if n >= facts.n / 2:
            return f"{told} in {_all(n, facts.n)}"
    if len(facts.shifts) >= max(3, facts.n / 2):
        return f"{_amount(patterns.middle(facts.shifts))} (median), from {_amount(min(facts.shifts))} to {_amount(max(facts.shifts))}"
    return None


def _all(n: int, of: int) -> str:
    return f"all {n:,}" if n == of else f"{n:,} of {of:,}"


def _amount(number: float) -> str:
    return f"{number:+,.6g}".replace("-", "−")


def told_boxes(tally: boxes.Tally) -> list[str]:
    """What became of the boxes: other labels first, which are few and matter, then what happened most."""
    pairs = Counter({f"{was} → {now}": n for (was, now), n in tally.relabelled.items()})
    told = [("drawn", tally.drawn), ("taken away", tally.gone), ("moved", tally.moved)]
    ordered = [("relabelled", pairs), *sorted(told, key=lambda item: -item[1].total())]
    return [f"{counter.total():,} {what} ({_labels(counter)})" for what, counter in ordered if counter]


def _labels(counter: Counter[str]) -> str:
    return ", ".join(f"{short(name, wording.VALUE)} {n:,}" for name, n in counter.most_common(4)) + (
        ", …" if len(counter) > 4 else ""
    )


def _ids(report: Report) -> list[str]:
    found = []
    for op in OPS:
        word = patterns.common_word([delta.id for delta in report.deltas if delta.op == op], report.others)
        if word:
            found.append(f"all {op} records have “{short(word)}” in their id")
    return found
