"""A small example of every registered stage; whoever adds a stage adds one here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import polars as pl

from dsv.formats import boxes
from dsv.stages import registry
from dsv.stages.base import SourceFacts
from tests.stages.harness import Shard, run, shard

Frames = tuple[pl.DataFrame, ...]


class Example(NamedTuple):
    """Params of a stage and what it meets: batches of records, and of votes about them.

    `settled`: what it decided about a record stands when a later batch of records comes.
    """

    params: Mapping[str, Any]
    records: Frames
    votes: Frames = ()
    settled: bool = True

    @property
    def sources(self) -> dict[str, SourceFacts]:
        votes = SourceFacts("votes", "annotations", of="s", item="item", annotator="who", value="value")
        return {"s": SourceFacts("s", "records", key=("k",))} | ({"votes": votes} if self.votes else {})

    def shards(self, cuts: Sequence[int] = ()) -> list[Shard]:
        """The records and then the votes, batch by batch, each batch cut at these rows."""
        found = []
        for source, kind, frames in (("s", "records", self.records), ("votes", "annotations", self.votes)):
            for batch, frame in enumerate(frames):
                ends = [0, *sorted({cut for cut in cuts if 0 < cut < frame.height}), frame.height]
                parts = [frame[start:end] for start, end in pairwise(ends)]
                found += [shard(part, source=source, kind=kind, batch=batch) for part in parts]
        return found


def _records(start: int, stop: int) -> pl.DataFrame:
    numbers = range(start, stop)
    picture = {"label": "cat", "xmin": 0.0, "ymin": 0.0, "xmax": 4.0, "ymax": 4.0, "extra": None}
    drawn = [[{**picture, "xmax": float(i % 4)}, {**picture, "ymax": 99.0}] for i in numbers]
    return pl.DataFrame(
        {
            "_id": [f"s/{i}" for i in numbers],
            "k": list(numbers),
            "text": [None if i % 7 == 6 else f" Text {i % 5} " for i in numbers],
            "price": [None if i % 11 == 10 else i % 9 + i / 1000 for i in numbers],
            "who": [f"w{i % 4}" for i in numbers],
            "place": [f"p{i % 3}" for i in numbers],
            "when": ["2024-03-31T02:30:00" if i % 2 else f"2024-01-{i % 28 + 1:02}" for i in numbers],
            "size": [str(i % 6) if i % 8 else "many" for i in numbers],
            "length": [float(i % 10) for i in numbers],
            "unit": ["cm" if i % 3 else "in" for i in numbers],
            "decoded": [i % 13 != 12 for i in numbers],
            "decode_error": [None if i % 13 != 12 else "truncated" for i in numbers],
            "boxes": pl.from_arrow(boxes.column(drawn)),
            "width": [10] * len(numbers),
            "height": [10] * len(numbers),
            "units": [None if i % 5 else "relative" for i in numbers],
            "at": [dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in numbers],
        }
    )


def _votes(kind: str) -> pl.DataFrame:
    rows = [(i, who) for i in range(30) for who in range(i % 4)]
    box = {"label": "cat", "xmin": 0.0, "ymin": 0.0, "ymax": 10.0, "extra": None}
    drawn = [[{**box, "xmax": 10.0 + who}, {**box, "xmax": 1.0 + 50 * (i % 2)}] for i, who in rows]
    labels = pl.Series(["xyz"[(i * who) % 3] for i, who in rows])
    value = pl.from_arrow(boxes.column(drawn)) if kind == "boxes" else labels
    about = {"item": [str(i) for i, _ in rows], "who": [f"a{who}" for _, who in rows]}
    return pl.DataFrame(about).with_columns(pl.Series("value", value))


def _mixed_units() -> pl.DataFrame:
    """Boxes of which every other annotator's are relative; of every third record all are."""
    drawn = _votes("boxes")
    relative = (pl.col("who") == "a1") | (pl.col("item").cast(pl.Int64) % 3 == 0)
    return drawn.with_columns(units=pl.when(relative).then(pl.lit("relative")))


BATCHES = (_records(0, 20), _records(20, 32))
LABELS, BOXES = (_votes("label"),), (_votes("boxes"),)
RULES = [
    {"missing": {"columns": ["price"]}},
    {"text": {"columns": ["text"], "case": "lower"}},
    {"aliases": {"column": "place", "map": {"p2": "p1"}}},
    {"fill": {"column": "text", "value": "none"}},
    {"round": {"columns": ["price"], "decimals": 1}},
    {"range": {"column": "price", "max": 7}},
    {"pattern": {"column": "text", "regex": "4$", "drop": "matching"}},
    {"allowed": {"column": "place", "values": ["p0", "p1"]}},
    {"length": {"column": "text", "min": 2}},
    {"filter": {"where": "price <> 3.0 and at > '2024-01-03'"}},
    {"date": {"column": "when", "zone": "Europe/Berlin"}},
    {"type": {"column": "size", "to": "int"}},
    {"unit": {"column": "length", "unit_column": "unit", "to": "m", "table": {"cm": 0.01, "in": 0.0254}}},
    {"undecodable": {}},
    {"boxes": {}},
    {"duplicate": {"columns": ["text", "place"]}},
    {"duplicate": {"columns": ["size", "who"], "id": "again"}},
]
HALF = {"train": 0.6, "test": 0.4}
EXAMPLES: dict[str, list[Example]] = {
    "clean": [
        Example({"rules": RULES}, BATCHES),
        Example({"rules": [{"duplicate": {"except": ["k", "at"]}}]}, BATCHES),
    ],
    "merge": [
        Example({"min_votes": 2, "tie": "drop"}, BATCHES, LABELS),
        Example({"method": "weighted", "weights": {"a1": 1.5}, "annotators": {"exclude": ["a2"], "reviewers": ["a3"]}}, BATCHES, LABELS),
        Example({"kind": "boxes", "undecided": "drop", "coordinates": "mean"}, BATCHES, BOXES),
        Example({"kind": "boxes"}, BATCHES, (_mixed_units(),)),
    ],
    "split": [
        Example({"method": "hash", "fractions": HALF}, BATCHES),
        Example({"method": "hash", "fractions": HALF, "group": ["who"]}, BATCHES),
        Example({"method": "sticky", "fractions": HALF, "stratify": ["place"]}, BATCHES),
        Example({"method": "sticky", "fractions": HALF, "group": ["who"]}, BATCHES),
        Example(
            {"method": "fresh", "fractions": HALF, "stratify": ["place"], "group": ["text"]}, BATCHES, settled=False
        ),
    ],
    "audit": [Example({"groups": ["who"], "label": "place"}, BATCHES)],
    "python": [Example({"function": "tests.contract.functions:cheap", "options": {"most": 6.5}}, BATCHES)],
}


def digests() -> dict[str, Any]:
    """What every stage decides about its examples, as digests, and the figures it counts."""
    found = {}
    for name in registry.names():
        for i, example in enumerate(EXAMPLES.get(name, [])):
            ran = run(registry.stage(name), example.params, example.shards([7]), example.sources, 3)
            found[f"{name}{i}"] = [None if d is None else d.digests() for d in ran.decisions], ran.stats
    return found
