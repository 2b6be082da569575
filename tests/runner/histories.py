"""Random histories of a project: deliveries of five sources and changes of params, small enough to be read when they fail."""

from __future__ import annotations

import copy
import csv
import io
import json
import random
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


class Turn(NamedTuple):
    """The deliveries of a source in the opposite order."""

    source: str


Step = Deliver | Section | Say | Forget | Lose | Swap | Turn


class Form(NamedTuple):
    """How the rows of a delivery are put into files: nothing of it may count."""

    seed: int = 0
    files: int = 1


PLAIN = Form()


@dataclass
class Plan:
    """What params.yaml says, and the rows of all deliveries."""

    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    deliveries: dict[tuple[str, str], list[Row]] = field(default_factory=dict)

    def params(self) -> dict[str, Any]:
        return {"dataset": "random", "sources": self.sources, **self.sections}

    def files(self, form: Form = PLAIN) -> dict[tuple[str, str], dict[str, bytes]]:
        """The files of each delivery."""
        return {key: files(BODIES[key[0]]["format"], rows, form) for key, rows in self.deliveries.items()}

    def after(self, step: Step) -> Plan:
        """The plan with the step done."""
        new = copy.deepcopy(self)
        match step:
            case Deliver(source, rows):
                body = new.sources.setdefault(source, {**LICENSED, **BODIES[source], "batches": []})
                name = f"b{sum(s == source for s, _ in new.deliveries)}"
                body["batches"].append(name)
                new.deliveries[source, name] = rows
            case Section(name, params):
                new.sections = {k: v for k, v in (new.sections | {name: params}).items() if v is not None}
            case Say(source, key, value) if source in new.sources:
                new.sources[source][key] = value
            case Forget(source, back) if source in new.sources:
                batches = new.sources[source]["batches"]
                del batches[len(batches) - 1 - back : len(batches) - back]
            case Turn(source) if source in new.sources:
                new.sources[source]["batches"].reverse()
            case Swap():
                new.sources = dict(reversed(new.sources.items()))
        return new


def files(kind: str, rows: list[Row], form: Form = PLAIN) -> dict[str, bytes]:
    """The rows in files, in the order given; with a seed in any order of rows and columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if form.seed:
        shuffle = random.Random(form.seed).sample
        rows, names = shuffle(rows, len(rows)), shuffle(names, len(names))
    # A file without any row is no delivery of none: it is told as one that could not be read.
    parts = [part for part in (rows[i :: form.files] for i in range(form.files)) if part] or [[]]
    return {f"{i}.{kind}": text(kind, part, names) for i, part in enumerate(parts)}


def text(kind: str, rows: list[Row], names: list[str]) -> bytes:
    """The rows as a file; no value is an empty cell, or a null."""
    if kind == "jsonl":
        return "".join(json.dumps({n: row[n] for n in names if n in row}) + "\n" for row in rows).encode()
    out = io.StringIO()
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
    "shop": st.fixed_dictionaries({"id": IDS}, optional=VALUES),
    "stock": st.fixed_dictionaries({"shelf": st.sampled_from(["a", "a/b"]), "n": st.integers(1, 11)}, optional=VALUES),
    "notes": st.fixed_dictionaries({"text": TEXTS, "g": GROUPS}),
    "votes": st.fixed_dictionaries({"id": IDS, "who": WHO}, optional={"label": LABELS}),
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
CLEAN = st.lists(st.sampled_from(RULES), max_size=4, unique_by=json.dumps).map(lambda rules: {"rules": rules})
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
KEYS = {"shop": ("id",), "stock": ("shelf", "n")}
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
    st.builds(Turn, st.sampled_from(list(ROWS))),
)
