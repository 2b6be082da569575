"""The rules of one instance: their names, their place in the params, what each depends on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dsv.record.schema import OneOf
from dsv.stages.rules.base import Common
from dsv.stages.rules.registry import GLOBAL


class Planned(NamedTuple):
    """A rule at its place. `label` is its name in decisions."""

    place: int
    label: str
    name: str
    params: Common

    @property
    def path(self) -> str:
        """Where its params stand, relative to the section."""
        return f"rules[{self.place}].{self.name}"

    @property
    def is_global(self) -> bool:
        return self.name in GLOBAL

    def applies(self, source: str) -> bool:
        """Whether the rule looks at records of this source."""
        return not self.params.sources or source in self.params.sources


def plan(rules: Sequence[OneOf]) -> tuple[Planned, ...]:
    """The rules with their names: the id where there is one, else the kind, from the second on with `#2`."""
    counts: dict[str, int] = {}
    planned = []
    for index, rule in enumerate(rules):
        label = rule.params.id
        if label is None:
            n = counts[rule.name] = counts.get(rule.name, 0) + 1
            label = rule.name if n == 1 else f"{rule.name}#{n}"
        planned.append(Planned(index, label, rule.name, rule.params))
    return tuple(planned)


def depends(rules: Sequence[Planned], rule: Planned) -> tuple[str, ...]:
    """The params that may move a decision of the rule: its own first, then those of earlier rules that it builds on.

    A rule builds on what set a column that it reads. One that compares records builds on all before it: they decide
    which record is the first.
    """
    return (rule.path, *((earlier.path for earlier in rules[: rule.place]) if rule.is_global else setters(rules, rule)))


def setters(rules: Sequence[Planned], rule: Planned) -> tuple[str, ...]:
    """The params of the rules before a rule that set what it reads, or what those read."""
    wanted = {*rule.params.reads(), *rule.params.glances()}
    # One that compares records by no named columns compares all.
    everything = rule.is_global and not getattr(rule.params, "columns", ())
    found = []
    for earlier in reversed(rules[: rule.place]):
        if earlier.params.writes() if everything else wanted & set(earlier.params.writes()):
            found.append(earlier.path)
            wanted |= {*earlier.params.reads(), *earlier.params.glances()}
    return tuple(reversed(found))
