"""Random histories of a project: deliveries of five sources and changes of params, small enough to be read when they fail."""

from __future__ import annotations

import copy
import csv
import io
import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hypothesis import strategies as st

Row = dict[str, Any]
LICENSED = {"license": "MIT"}
VOTES = {"kind": "annotations", "of": "shop", "item": "id", "annotator": "who"}
BODIES: dict[str, dict[str, Any]] = {
    "shop": {"format": "csv", "key": ["id"], "columns": {"price": "float"}},
    "stock": {"format": "jsonl", "key": ["shelf", "n"], "delivery": "snapshot", "columns": {"n": "int", "price": "float"}},
    "notes": {"format": "csv"},
    "votes": {"format": "csv", **VOTES, "value": "label"},
    "boxes": {"format": "jsonl", **VOTES, "value": "boxes"},
}  # fmt: skip


class Deliver(NamedTuple):
    """The next batch of a source."""

    source: str
    rows: list[Row]


class Section(NamedTuple):
    """Params of a stage; None takes the section away."""

    name: str
    params: dict[str, Any] | None


class Say(NamedTuple):
    """Another way to take in a source."""

    source: str
    key: str
    value: Any


class Forget(NamedTuple):
    """A delivery is no longer listed: the last one, or one before it."""

    source: str
    back: int


class Lose(NamedTuple):
    """Every so-many-th file of a cache is gone."""

    cache: str
    every: int


class Swap(NamedTuple):
    """The sources in the opposite order."""


Step = Deliver | Section | Say | Forget | Lose | Swap


@dataclass
class Plan:
    """What params.yaml says, and the files of all deliveries."""

    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    deliveries: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)

    def params(self) -> dict[str, Any]:
        return {"dataset": "random", "sources": self.sources, **self.sections}

    def after(self, step: Step) -> Plan:
        """The plan with the step done."""
        new = copy.deepcopy(self)
        match step:
            case Deliver(source, rows):
                body = new.sources.setdefault(source, {**LICENSED, **BODIES[source], "batches": []})
                name = f"b{sum(s == source for s, _ in new.deliveries)}"
                body["batches"].append(name)
                new.deliveries[source, name] = {f"rows.{body['format']}": text(body["format"], rows)}
            case Section(name, params):
                new.sections = {k: v for k, v in (new.sections | {name: params}).items() if v is not None}
            case Say(source, key, value) if source in new.sources:
                new.sources[source][key] = value
            case Forget(source, back) if source in new.sources:
                del new.sources[source]["batches"][-1 - back :][:1]
            case Swap():
                new.sources = dict(reversed(new.sources.items()))
        return new


def text(form: str, rows: list[Row]) -> bytes:
    """The rows as a file; no value is an empty cell, or a null."""
    if form == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names or ["nothing"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


IDS = st.sampled_from(["1", "2", "3", "4", "10", "ä"])
TEXTS = st.sampled_from([None, "a", "b", "c", " a", "A"])
PRICES = st.sampled_from([None, -1.0, 0.0, 1.5, 2.0])
GROUPS = st.sampled_from([None, "x", "y", "z"])
LABELS = st.sampled_from([None, "p", "q", "r"])
WHO = st.sampled_from(["ada", "bob", "eve"])
BOX = st.builds(
    lambda label, x, size: {"label": label, "xmin": x, "ymin": 0.0, "xmax": x + size, "ymax": size},
    st.sampled_from(["cell", "cat"]), st.sampled_from([0.0, 1.0, 8.0]), st.sampled_from([4.0, 5.0]),
)  # fmt: skip
VALUES = {"text": TEXTS, "price": PRICES, "g": GROUPS}
ROWS = {
    "shop": st.fixed_dictionaries({"id": IDS, **VALUES}),
    "stock": st.fixed_dictionaries({"shelf": st.sampled_from(["a", "a/b"]), "n": st.integers(1, 11), **VALUES}),
    "notes": st.fixed_dictionaries({"text": TEXTS, "g": GROUPS}),
    "votes": st.fixed_dictionaries({"id": IDS, "who": WHO, "label": LABELS}),
    "boxes": st.fixed_dictionaries({"id": IDS, "who": WHO, "boxes": st.lists(BOX, max_size=3)}),
}
RULES: list[dict[str, Any]] = [
    {"missing": {"columns": ["text"]}},
    {"missing": {"columns": ["text", "g"], "when": "all"}},
    {"range": {"column": "price", "min": 0}},
    {"range": {"column": "price", "min": 0, "max": 1.5, "id": "cheap"}},
    {"duplicate": {"columns": ["text"]}},
    {"duplicate": {"columns": ["text", "g"], "nulls": "differ", "id": "twice"}},
    {"duplicate": {"within": "source", "id": "copy"}},
    {"text": {"columns": ["text"], "case": "lower"}},
    {"fill": {"column": "g", "value": "x"}},
    {"aliases": {"column": "text", "map": {"c": "a"}}},
]
CLEAN = st.lists(st.sampled_from(RULES), max_size=4, unique_by=json.dumps).map(lambda rules: {"rules": _named(rules)})
MERGE = st.fixed_dictionaries(
    {"from": st.just(["votes"])},
    optional={
        "method": st.just("weighted"), "weights": st.just({"ada": 2.0, "eve": 0.5}), "min_votes": st.integers(1, 2),
        "tie": st.sampled_from(["queue", "first", "drop"]), "undecided": st.just("drop"),
        "annotators": st.just({"exclude": ["bob"]}),
    },
)  # fmt: skip
MERGE_BOXES = st.fixed_dictionaries(
    {"use": st.just("merge"), "kind": st.just("boxes"), "from": st.just(["boxes"])},
    optional={"iou": st.sampled_from([0.3, 0.9]), "quorum": st.sampled_from([0.5, 1.0]), "min_votes": st.just(2)},
)
FRACTIONS = [{"train": 0.5, "test": 0.5}, {"train": 0.8, "val": 0.1, "test": 0.1}, {"test": 0.5, "train": 0.5}]
SPLIT = st.fixed_dictionaries(
    {"method": st.sampled_from(["sticky", "hash", "fresh"]), "fractions": st.sampled_from(FRACTIONS)},
    optional={
        "salt": st.just("v2"), "group": st.sampled_from([["g"], ["g", "text"]]),
        "stratify": st.sampled_from([["g"], ["label"], ["text", "g"]]),
    },
)  # fmt: skip
SECTIONS = st.one_of(
    st.tuples(st.just("clean"), CLEAN),
    st.tuples(st.just("merge"), st.none() | MERGE),
    st.tuples(st.just("merge-boxes"), st.none() | MERGE_BOXES),
    st.tuples(st.just("split"), st.none() | SPLIT),
    st.tuples(st.just("audit"), st.sampled_from([{"groups": ["g"]}, {"label": "text"}])),
).map(lambda pair: Section(*pair))
SAYINGS = st.one_of(
    st.builds(Say, st.sampled_from(["shop", "stock"]), st.just("on_conflict"), st.sampled_from(["replace", "keep"])),
    st.builds(Say, st.sampled_from(["shop", "notes", "votes"]), st.just("delivery"), st.sampled_from(["append", "snapshot"])),
    st.just(Say("shop", "columns", {"price": "float", "id": "int"})),
    st.just(Say("shop", "null", ["", "b"])),
    st.just(Say("shop", "key", ["id", "text"])),
    st.just(Say("stock", "rename", {"text": "words"})),
)  # fmt: skip
DELIVERIES = st.sampled_from(list(ROWS)).flatmap(
    lambda source: st.builds(Deliver, st.just(source), st.lists(ROWS[source], max_size=5))
)
STEPS = st.one_of(
    DELIVERIES,
    DELIVERIES,
    SECTIONS,
    SAYINGS,
    st.builds(Forget, st.sampled_from(list(ROWS)), st.integers(0, 1)),
    st.builds(Lose, st.sampled_from(["objects", "derived"]), st.integers(1, 3)),
    st.just(Swap()),
)


def _named(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return copy.deepcopy(rules)
