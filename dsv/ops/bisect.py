"""The first version after which a check of the data fails, and within it the cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dsv import errors
from dsv.delta.model import Cause
from dsv.ops import parts
from dsv.ops.build import build
from dsv.ops.diff import cause_json, diff
from dsv.ops.parts import Between
from dsv.ops.plan import HERE
from dsv.ops.probe import Look, Metric, Probe, check_name
from dsv.ops.run import Work
from dsv.ops.scratch import Scratch
from dsv.ops.search import BAD, GOOD, SKIP, turn
from dsv.ops.show import show
from dsv.project.layout import LOCK, Layout
from dsv.project.tagged import tags
from dsv.project.version import Version, find
from dsv.vcs import history, revision
from dsv.vcs.history import Commit


class Place(NamedTuple):
    """A version on the path."""

    rev: str
    version: str | None
    author: str
    date: str
    message: str

    @property
    def name(self) -> str:
        """How people call it."""
        return self.version or self.rev[:10]


class Step(NamedTuple):
    """One look: at a version, or at the last good one with the first `parts` of what came then (alone: with that one only)."""

    rev: str
    parts: int | None
    alone: bool
    look: Look

    def json(self) -> dict[str, Any]:
        told = {"rev": self.rev, "causes": self.parts, "alone": self.alone, "verdict": self.look.verdict}
        return told | {"value": self.look.value, "exit": self.look.status, "told": self.look.told}


@dataclass(frozen=True)
class Bisected:
    """What was found. `bad` is the first version that fails, one of `candidates` where some could not be judged.

    `suspects` are the causes one of which it is; one, where they could be told apart. `alone`: whether it fails with that
    cause and no other. `causes` are those of the records that differ, with counts.
    """

    good: Place
    bad: Place
    candidates: Sequence[Place]
    suspects: Sequence[Cause]
    alone: bool | None
    note: str | None
    causes: Sequence[tuple[Cause, Mapping[str, int]]]
    steps: Sequence[Step]
    versions: int = field(default=0)

    @property
    def cause(self) -> Cause | None:
        """The cause, where it could be told."""
        return self.suspects[0] if len(self.suspects) == 1 else None

    def json(self) -> dict[str, Any]:
        """The value of `dsv.bisect/v1`."""
        return {
            "good": self.good._asdict(),
            "bad": self.bad._asdict(),
            "candidates": [place._asdict() for place in self.candidates],
            "cause": None if self.cause is None else cause_json(self.cause),
            "suspects": [cause_json(cause) for cause in self.suspects],
            "alone": self.alone,
            "note": self.note,
            "causes": [cause_json(cause) | dict(counts) for cause, counts in self.causes],
            "versions": self.versions,
            "steps": [step.json() for step in self.steps],
        }


def bisect(layout: Layout, a: str, b: str, probe: Probe | str, work: Work = HERE) -> Bisected:
    """Where on the first-parent path from `a` to `b` the data turn bad: `a` is good, `b` is bad. A text is the name of a figure."""
    return _bisect(layout, a, b, Metric(probe) if isinstance(probe, str) else probe, work)


def _bisect(layout: Layout, a: str, b: str, probe: Probe, work: Work) -> Bisected:
    places = _path(layout, a, b)
    seen: list[Step] = []
    if isinstance(probe, Metric):
        check_name(show(layout, places[0].rev), [show(layout, places[-1].rev)], probe.name)

    def judge(at: int) -> Look:
        work.progress.step(places[at].name)
        found = probe.look(find(layout, places[at].rev))
        seen.append(Step(places[at].rev, None, False, found))
        return found

    first = judge(0)
    if isinstance(probe, Metric):
        probe = probe._replace(was=first.value)
    _ends(places[0].name, first, GOOD)
    _ends(places[-1].name, judge(len(places) - 1), BAD)
    good, bad = turn(len(places) - 1, lambda at: judge(at).verdict)
    old, new = places[good], places[bad]
    causes = diff(layout, old.rev, new.rev).causes
    if bad - good > 1:
        told = f"{bad - good - 1} versions between them could not be judged."
        return Bisected(old, new, places[good + 1 : bad + 1], (), None, told, causes, seen, len(places) - 1)
    suspects, alone, note = _within(layout, old, new, probe, work, seen)
    return Bisected(old, new, (new,), suspects, alone, note, causes, seen, len(places) - 1)


def _path(layout: Layout, a: str, b: str) -> list[Place]:
    """A, and the commits from there to B that changed what is pinned, oldest first."""
    shas = []
    for rev in (a, b):
        sha = find(layout, rev).sha
        if sha is None:
            raise errors.UsageError("bisect takes committed versions.", hint="dsv commit -m MESSAGE")
        shas.append(sha)
    if revision.merge_base(layout.root, *shas) != shas[0]:
        raise errors.UsageError(f"{a} does not lead to {b}.", hint="dsv log")
    found = history.log(layout.root, f"{shas[0]}..{shas[1]}", paths=[LOCK], first_parent=True)
    if not found:
        raise errors.UsageError(f"{a} and {b} are the same data set.")
    known = tags(layout)
    return [_place(commit, known) for commit in (*history.log(layout.root, shas[0], limit=1), *reversed(found))]


def _place(commit: Commit, known: Mapping[str, str]) -> Place:
    return Place(commit.sha, known.get(commit.sha), commit.author, commit.date, commit.subject)


def _ends(name: str, look: Look, wanted: str) -> None:
    if look.verdict == wanted:
        return
    told = {GOOD: "passes", BAD: "fails", SKIP: "cannot be told"}[look.verdict]
    value = look.value if look.value is not None else f"exit {look.status}" if look.status is not None else ""
    more = f" ({value})" if value != "" else ""
    said = f": {look.told}" if look.told else "."
    where = "begin with an older version" if wanted == GOOD else "end with a later version"
    raise errors.DsvError(f"The check {told} at {name}{more}{said}", hint=f"{where}, or turn the check round")


def _within(
    layout: Layout, old: Place, new: Place, probe: Probe, work: Work, seen: list[Step]
) -> tuple[list[Cause], bool | None, str | None]:
    """The causes of which it is one; whether it alone does it; what there is to say."""
    base, after = find(layout, old.rev), find(layout, new.rev)
    step = parts.between(base, after)
    found = [part.cause for part in step.parts]
    if not found:
        return [], None, "No param, delivery or code differs between them."
    if step.foreign:
        stages = ", ".join(step.foreign)
        return found, None, f"Another dsv decided in {stages}, so the causes cannot be applied one by one."
    if len(found) == 1:
        return found, True, None

    def judge(count: int, *, alone: bool = False) -> str:
        look = _try(layout, base, step, (lambda i: i == count - 1) if alone else (lambda i: i < count), probe, work)
        seen.append(Step(old.rev, count, alone, look))
        return look.verdict

    try:
        good, bad = turn(len(found), judge)  # type: ignore[arg-type]
        if bad - good > 1:
            return (
                found[good:bad],
                None,
                "These causes cannot be told apart: with some of them only, nothing can be built or judged.",
            )
        alone = True if good == 0 else {BAD: True, GOOD: False, SKIP: None}[judge(bad, alone=True)]  # type: ignore[index]
    except errors.DataMissing as error:
        return found, None, f"The causes cannot be applied one by one: {error.message}"
    note = None if alone is not False else "Only together with the causes before it."
    return found[good:bad], alone, note


def _try(layout: Layout, base: Version, step: Between, applied: Any, probe: Probe, work: Work) -> Look:
    """A look at the last good version with some of the parts."""
    try:
        built = build(base, step.wanted(applied), Scratch(layout, "bisect"), work)
    except errors.DataMissing:
        raise
    except errors.DsvError as error:
        # For example a stage that needs a source which comes with a later part.
        return Look(SKIP, told=error.message)
    with built.scratch:
        return probe.look(built)
