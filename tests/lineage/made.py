"""A made project: params, rows of deliveries and modules, laid out by roles that each keep to records of their own."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dsv.delta.model import Cause
from tests.runner.histories import text

Row = dict[str, Any]
SHOP, STOCK, VOTES = "shop", "stock", "votes"
CLEAN, EXTRA, MERGE, LATE, SPLIT = "clean", "extra", "merge", "late", "split"
BASE, LATER, SNAPSHOT = "b0", "b1", "d2"
BODY = {"license": "MIT", "format": "csv"}
ANNOTATED = {**BODY, "kind": "annotations", "of": SHOP, "item": "id", "annotator": "who", "value": "label"}
NEW_VOTES = "v1"
TOLD, ASKED = "({add}, {most})", 'json.loads(Path(__file__).with_suffix(".json").read_text()).values()'
MODULE = """import json
from pathlib import Path

import polars as pl


def mark(frame, **options):
    add, most = {told}
    for name, amount in {{**add, **options}}.items():
        frame = frame.with_columns(pl.col(name) + amount) if name in frame.columns else frame
    for name, highest in most.items():
        frame = frame.filter((pl.col(name) <= highest).fill_null(True)) if name in frame.columns else frame
    return frame


def other(frame, **options):
    return mark(mark(frame, **options), **options)
"""


class Told(NamedTuple):
    """What is to be told of one record."""

    op: str
    cause: Cause
    partner: str | None = None
    by: tuple[str, ...] = ()


@dataclass
class Rule:
    """A rule of a clean stage; `name` is its id, if it has one."""

    kind: str
    params: dict[str, Any]
    name: str | None = None


@dataclass
class Made:
    """What params.yaml, the deliveries and the modules of a project hold. Rules are named by who laid them."""

    sources: dict[str, dict[str, Any]]
    rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, dict[str, Rule]] = field(default_factory=dict)
    modules: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    secrets: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    redrawn: Cause | None = None
    # What becomes of some records when all of the stock is stored anew, in the order of keys.
    anew: dict[str, str] = field(default_factory=dict)

    def params(self) -> dict[str, Any]:
        sections = {}
        for stage, section in self.stages.items():
            rules = [{r.kind: {**({"id": r.name} if r.name else {}), **r.params}} for r in self.rules.get(stage, {}).values()]
            sections[stage] = section | ({"rules": rules} if stage in self.rules else {})
        return {"dataset": "made", "sources": self.sources, **sections}

    def files(self) -> dict[tuple[str, str], dict[str, bytes]]:
        """The files of each delivery that is listed."""
        listed = {(source, batch) for source, body in self.sources.items() for batch in body["batches"]}
        found = {}
        for (source, batch), rows in self.rows.items():
            names = self.renamed if (source, batch) == (STOCK, SNAPSHOT) else {}
            shown = [{names.get(name, name): value for name, value in row.items()} for row in rows]
            columns = list(dict.fromkeys(["id", *(name for row in shown for name in row)]))
            if (source, batch) in listed:
                found[source, batch] = {"0.csv": text("csv", shown, columns)}
        return found

    def code(self) -> dict[str, str]:
        """The modules by the names of their files, and the files that some of them read though nobody is told of it."""
        found = {f"{name}.py": MODULE.format(told=TOLD.format(**told)) for name, told in self.modules.items()}
        for name, told in self.secrets.items():
            found |= {f"{name}.py": MODULE.format(told=ASKED), f"{name}.json": json.dumps(told)}
        return found

    def place(self, stage: str, rule: str) -> str:
        """The path of a rule."""
        return f"{stage}.rules[{list(self.rules[stage]).index(rule)}].{self.rules[stage][rule].kind}"

    def label(self, stage: str, rule: str) -> str:
        """What decisions call a rule."""
        own, known = self.rules[stage][rule], list(self.rules[stage])
        if own.name:
            return own.name
        n = sum(self.rules[stage][r].kind == own.kind and not self.rules[stage][r].name for r in known[: known.index(rule) + 1])
        return own.kind if n == 1 else f"{own.kind}#{n}"

    def deliver(self, source: str, batch: str, rows: list[Row]) -> None:
        """Adds rows to a delivery, which comes last if it is a new one."""
        if batch not in self.sources[source]["batches"]:
            self.sources[source]["batches"].append(batch)
        self.rows.setdefault((source, batch), []).extend(rows)

    def snapshot(self) -> list[Row]:
        """The rows of the new delivery of the stock, to be changed in place."""
        if (STOCK, SNAPSHOT) not in self.rows:
            self.deliver(STOCK, SNAPSHOT, [dict(row) for row in self.rows[STOCK, "d1"]])
        return self.rows[STOCK, SNAPSHOT]

    def put_before(self, stage: str, before: str | None, name: str, rule: Rule) -> None:
        """Adds a rule before another one; None: last."""
        known = list(self.rules[stage].items())
        at = len(known) if before is None else [label for label, _ in known].index(before)
        self.rules[stage] = dict([*known[:at], (name, rule), *known[at:]])


class Role:
    """Lays out records, columns and rules that no other role touches, and changes of them in the new project."""

    def __init__(self, made: Made, n: int, rng: random.Random, source: str | None = None) -> None:
        self.made, self.n, self.rng = made, n, rng
        self.source = source or rng.choice([SHOP, STOCK])
        self._columns = 0

    def at(self, source: str) -> Role:
        """The role, at a source."""
        self.source = source
        return self

    def id(self, key: str) -> str:
        return f"{self.source}/{self.key(key)}"

    def key(self, key: str) -> str:
        return f"r{self.n:02}{key}"

    def own(self, batches: tuple[str, ...] = ("s0",), **body: Any) -> str:
        """A source of its own."""
        self.source = f"own{self.n}"
        self.made.sources[self.source] = {**BODY, "key": ["id"], **body, "batches": list(batches)}
        self.made.rows |= {(self.source, batch): [] for batch in batches}
        return self.source

    def column(self, kind: str | None = None, keep: Any = None) -> str:
        """A column of its own, of a type; one record that nothing happens to has a value there."""
        name, self._columns = f"c{self.n}{'xyz'[self._columns]}", self._columns + 1
        if kind is not None:
            self.made.sources[self.source].setdefault("columns", {})[name] = kind
        self.put(f"keep{name}", {name: keep if keep is not None else 0 if kind else f"kept {self.n}"})
        return name

    def put(self, key: str, values: Row, *, late: bool = False, apart: bool = False) -> str:
        """A record: in the first delivery, a later one, or one of its own between them; of stock in each from then on."""
        row = {"id": self.key(key), **values}
        if self.source == STOCK:
            batches = ["d1"] if late else ["d0", "d1"]
        elif self.source == SHOP:
            batches = [LATER if late else f"w{self.n}" if apart else BASE]
        else:
            batches = [self.made.sources[self.source]["batches"][-1 if late else 0]]
        for batch in batches:
            if batch not in self.made.sources[self.source]["batches"]:
                self.made.sources[self.source]["batches"].insert(-1, batch)
            self.made.rows.setdefault((self.source, batch), []).append(dict(row))
        return self.id(key)

    def rule(self, kind: str, stage: str = CLEAN, **params: Any) -> str:
        """A rule, in order after those that the role laid before; with a name or without."""
        rules = self.made.rules[stage]
        name = f"{self.n}.{len(rules)}"
        rules[name] = Rule(kind, params, self.rng.choice([None, f"{kind}-{self.n}-{len(rules)}"]))
        return name

    def vote(self, key: str, who: str, label: str, batch: str = "v0", made: Made | None = None, source: str = VOTES) -> None:
        """An annotation."""
        (made or self.made).deliver(source, batch, [{"id": self.key(key), "who": who, "label": label}])

    def correct(self, new: Made, key: str, values: Row) -> Cause:
        """Delivers a record anew with other values; the cause of what comes of it."""
        return Cause("content", "ingest", f"{self.source}/{self._deliver(new, key, values)}")

    def add(self, new: Made, key: str, values: Row) -> Cause:
        """Delivers a new record; the cause."""
        return Cause("batch", "ingest", f"{self.source}/{self._deliver(new, key, values)}", None, "added")

    def _deliver(self, new: Made, key: str, values: Row) -> str:
        if self.source != STOCK:
            batch, row = f"n{self.n}", self._row(new.rows, key)
            new.deliver(self.source, batch, [{**row, **values}])
            return batch
        rows = new.snapshot()
        known = next((row for row in rows if row["id"] == self.key(key)), None)
        if known is None:
            rows.append({"id": self.key(key), **values})
        else:
            known |= values
        return SNAPSHOT

    def _row(self, rows: dict[tuple[str, str], list[Row]], key: str) -> Row:
        found: Row = {"id": self.key(key)}
        for (source, _), delivered in rows.items():
            found = next((row for row in delivered if source == self.source and row["id"] == self.key(key)), found)
        return found

    def withdraw(self, new: Made, key: str) -> Cause:
        """Takes a record away: the delivery of its own, or out of the snapshot; the cause."""
        if self.source == SHOP:
            new.sources[SHOP]["batches"].remove(f"w{self.n}")
            return Cause("batch", "ingest", f"{SHOP}/w{self.n}", None, "removed")
        rows = new.snapshot()
        rows[:] = [row for row in rows if row["id"] != self.key(key)]
        return Cause("batch", "ingest", f"{STOCK}/{SNAPSHOT}", None, "withdrawn")

    def param(self, new: Made, rule: str, leaf: str, was: Any, now: Any, stage: str = CLEAN) -> Cause:
        """The cause where a param of a rule is another one; without a leaf, several are."""
        return Cause("param", stage, new.place(stage, rule) + (f".{leaf}" if leaf else ""), was, now)


def blank(rng: random.Random) -> Made:
    """A project without roles."""
    made = Made(
        {
            SHOP: {**BODY, "key": ["id"], "batches": [BASE, LATER]},
            STOCK: {**BODY, "key": ["id"], "delivery": "snapshot", "batches": ["d0", "d1"]},
            VOTES: {**ANNOTATED, "batches": ["v0"]},
        },
        {},
        {
            CLEAN: {},
            EXTRA: {"use": "clean"},
            MERGE: {"from": [VOTES], "annotators": {"reviewers": ["eve"], "exclude": ["zoe"]}},
            LATE: {"use": "clean"},
            SPLIT: {"method": rng.choice(["hash", "hash", "sticky", "fresh"]), "fractions": {"train": 0.5, "test": 0.5}},
        },
        {CLEAN: {}, EXTRA: {}, LATE: {}},
    )
    for source in (SHOP, STOCK):
        role = Role(made, 99, rng, source)
        for i in range(3):
            role.put(f"{i}", {"note": f"note {i}"}, late=i == 2)
    made.rows[VOTES, "v0"] = [{"id": "r990", "who": "ann", "label": "p"}]
    return made


def riffle(made: Made, rng: random.Random) -> None:
    """Puts the rules of the roles in any order that keeps those of one role in theirs."""
    for stage, rules in made.rules.items():
        piles: dict[str, list[tuple[str, Rule]]] = {}
        for name, rule in rules.items():
            piles.setdefault(name.partition(".")[0], []).append((name, rule))
        turns = [pile for pile, own in piles.items() for _ in own]
        rng.shuffle(turns)
        made.rules[stage] = dict(piles[pile].pop(0) for pile in turns)
    for stage in (EXTRA, LATE):
        if not made.rules[stage]:
            del made.stages[stage], made.rules[stage]
