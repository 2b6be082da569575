"""The name of the next version, by Croissant's rule: what a data set's users must know of a change is in its number.

PATCH: stored anew. MINOR: all records that were there are there unchanged, some came. MAJOR: records were edited, removed
or moved across splits, or columns went. Below 1.0.0 anything may change, as in SemVer.
"""

from __future__ import annotations

from typing import NamedTuple

from dsv import errors
from dsv.delta.model import ADDED, MODIFIED, MOVED, REMOVED
from dsv.ops.diff import Diff, diff
from dsv.project.history import VERSION, Release, releases
from dsv.project.layout import LOCK, Layout, report
from dsv.project.reports import load
from dsv.project.version import dataset
from dsv.vcs import blob, tag

FIRST = "v1.0.0"
STEPS = ("patch", "minor", "major")
CAUSES = 3


class Demand(NamedTuple):
    """The smallest legal step, and what demands it."""

    step: str
    reasons: tuple[str, ...]


def name(layout: Layout, wanted: str) -> str:
    """The full name (`reviews@v1.2.0`) of the next version: as wanted (vX.Y.Z), or computed (auto). Too small a step is refused."""
    series = dataset(layout)
    before = next(reversed(releases(layout, series)), None)
    if wanted != "auto":
        if not VERSION.fullmatch(wanted.rpartition("@")[2]):
            raise errors.UsageError(f"{wanted!r} is no version; write vX.Y.Z or auto.")
        version = wanted.rpartition("@")[2]
        _free(layout, f"{series}@{version}")
        if before is not None:
            _check(layout, before, version)
    elif before is None:
        version = FIRST
    else:
        if blob.read_file(layout.root, before.sha, LOCK) == (layout.root / LOCK).read_bytes():
            raise errors.DsvError(f"{before.version} is this very version.", hint="dsv commit -m MESSAGE, without --tag")
        version = after(before.numbers, demand(diff(layout, before.sha, ".")).step)
    _free(layout, f"{series}@{version}")
    return f"{series}@{version}"


def _free(layout: Layout, full: str) -> None:
    if any(known.name == full for known in tag.tags(layout.root)):
        raise errors.DsvError(f"{full} exists; a version is never moved.", hint="dsv commit --tag auto")


def after(numbers: tuple[int, int, int], step: str) -> str:
    """The version that follows by a step. Below 1.0.0 the second number stands for the first."""
    major, minor, patch = numbers
    if major == 0:
        return f"v0.{minor + 1}.0" if step == "major" else f"v0.{minor}.{patch + 1}"
    return {
        "major": f"v{major + 1}.0.0",
        "minor": f"v{major}.{minor + 1}.0",
        "patch": f"v{major}.{minor}.{patch + 1}",
    }[step]


def _check(layout: Layout, before: Release, version: str) -> None:
    match = VERSION.fullmatch(version)
    assert match is not None
    numbers = tuple(map(int, match.groups()))
    if numbers <= before.numbers:
        raise errors.DsvError(f"{version} does not come after {before.version}.", hint="dsv commit --tag auto")
    if numbers[0] > before.numbers[0] or before.numbers[0] == 0:
        return
    given = "minor" if numbers[1] > before.numbers[1] else "patch"
    if _root(blob.read_file(layout.root, before.sha, report("audit"))) == _root(_text(layout)):
        return
    demanded = demand(diff(layout, before.sha, "."))
    if STEPS.index(given) < STEPS.index(demanded.step):
        raise errors.DsvError(
            f"{version} is a {given} step from {before.version}, and what changed demands a {demanded.step} one: "
            f"{'; '.join(demanded.reasons)}.",
            hint=f"dsv commit -m MESSAGE --tag {after(before.numbers, demanded.step)}",
        )


def _text(layout: Layout) -> bytes | None:
    path = layout.root / report("audit")
    return path.read_bytes() if path.exists() else None


def _root(told: bytes | None) -> object:
    """The root that a report tells: two versions of one root are the same records, and demand no more than a patch."""
    return load(told, report("audit")).get("dataset", {}).get("root", told) if told else object()


def demand(found: Diff) -> Demand:
    """What the difference demands. A difference of nothing is a patch: something made a new version of it."""
    step = found.bump or "patch"
    told = {"major": (REMOVED, MODIFIED, MOVED), "minor": (ADDED,), "patch": ()}[step]
    reasons = [_reason(found, op) for op in told if getattr(found.counts, op)]
    if step == "major":
        reasons += [f"the column {name} is gone" for name in found.schema.removed]
        reasons += [f"the column {old} is called {new} now" for old, new in found.schema.renamed.items()]
        reasons += [f"the column {name} was {was} and is {now}" for name, (was, now) in found.schema.retyped.items()]
    elif step == "minor":
        reasons += [f"the column {name} came" for name in found.schema.added]
    return Demand(step, tuple(reasons) or ("the same records, stored anew",))


def _reason(found: Diff, op: str) -> str:
    n = getattr(found.counts, op)
    by = [f"{cause.kind} {cause.what}" for cause, counts in found.causes if counts.get(op)]
    more = f" and {len(by) - CAUSES} more causes" if len(by) > CAUSES else ""
    return f"{n:,} {'record' if n == 1 else 'records'} {op} ({', '.join(by[:CAUSES])}{more})"
