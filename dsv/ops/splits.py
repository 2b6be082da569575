"""The splits of versions, by name."""

from __future__ import annotations

from collections.abc import Container, Sequence

from dsv import errors
from dsv.project import history
from dsv.project.version import Version
from dsv.runner.compare.side import SPLIT


def known(version: Version) -> set[str]:
    """The splits that records of a version are in, and those that its params name beside them."""
    found = set(history.splits(version.report("audit") or {}))
    for section in version.params.values() if found else ():
        fractions = section.get("fractions") if isinstance(section, dict) else None
        found |= set(fractions) if isinstance(fractions, dict) else set()
    return found


def check(versions: Sequence[Version], split: str, columns: Container[str] = ()) -> None:
    """Refuses (UsageError) a split that none of the versions has. `columns` are those of their records, where they are known."""
    if not isinstance(split, str):
        raise errors.UsageError(f"A split is named by a text, not by {split!r}.")
    there = set[str]().union(*map(known, versions))
    # Before the reports are written nobody counted which splits there are.
    if split in there or (not there and SPLIT in columns):
        return
    have = "has" if len(versions) == 1 else "have"
    who, listed = " and ".join(version.rev for version in versions), ", ".join(sorted(there))
    if not there:
        raise errors.UsageError(f"{who} {have} no splits.", hint="add a `split:` section to params.yaml")
    raise errors.UsageError(f"{who} {have} no split {split!r}; {'it' if have == 'has' else 'they'} {have} {listed}.")
