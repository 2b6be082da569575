"""A small project that runs every built-in stage: two deliveries in files of strange names, votes, boxes, a function."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from dsv.ops.add import add
from dsv.ops.delivery import Delivery
from dsv.project.layout import Layout
from tests.conftest import Project

NAMES = ["two\nlines.csv", "$(touch pwned) `x`.csv", 'it\'s "x"; naïve 日本.csv', "-rf *.csv"]
FUNCTION = """
import sys

import polars as pl


def cents(records, most):
    sys.stdout.write("a word of the user's\\n")
    kept = records.filter(pl.col("price") <= most)
    return kept.with_columns(cents=(pl.col("price") * 100).cast(pl.Int64))
"""
FRACTIONS = {"train": 0.5, "val": 0.2, "test": 0.3}
SECTIONS: dict[str, dict[str, Any]] = {
    "clean": {
        "rules": [
            {"missing": {"columns": ["price"]}},
            {"text": {"columns": ["text"], "case": "lower"}},
            {"duplicate": {"columns": ["text", "author"]}},
        ]
    },
    "merge": {"from": ["votes"], "min_votes": 2},
    "merge-boxes": {"use": "merge", "from": ["drawn"], "kind": "boxes"},
    "ours": {"use": "python", "function": "ours:cents", "options": {"most": 8.0}},
    "split": {"method": "sticky", "fractions": FRACTIONS, "group": ["author"]},
    "split-hash": {"use": "split", "method": "hash", "fractions": FRACTIONS},
    "split-fresh": {"use": "split", "method": "fresh", "fractions": FRACTIONS, "stratify": ["label"]},
    "audit": {"groups": ["author"]},
}


def _rows(start: int, stop: int) -> list[str]:
    return [
        f"{i},{'' if i % 13 == 12 else i % 10 + i / 1000},{' A' if i % 2 else 'a'} text {i % 150},w{i % 5}"
        for i in range(start, stop)
    ]


def _box(i: int, who: int) -> dict[str, Any]:
    return {"label": "cat", "xmin": 0.0, "ymin": 0.0, "xmax": 9.0 + who, "ymax": 9.0 + i % 3, "extra": None}


def build(project: Project, seed: int | None = None) -> None:
    """Fills an initialised project; with a seed, the rows of each delivery come in another order and in other files."""
    layout = Layout(project.root)
    for batch in range(2):
        rows = _rows(100 * batch, 100 * batch + 100)
        if seed is not None:
            Random(seed).shuffle(rows)
        folder = project.root.parent / f"incoming-{batch}"
        folder.mkdir(exist_ok=True)
        for i, name in enumerate(NAMES):
            (folder / name).write_text(
                "\n".join(["id,price,text,author", *rows[i :: len(NAMES)]]) + "\n", encoding="utf-8"
            )
        add(layout, Delivery([folder], "shop", f"b{batch}", key=["id"], license="MIT"))
    _annotations(project, layout)
    (project.root / "ours.py").write_text(FUNCTION, encoding="utf-8")
    project.params(**SECTIONS)


def _annotations(project: Project, layout: Layout) -> None:
    about = {"item": "id", "annotator": "who", "value": "value", "of": "shop", "license": "MIT", "types": "string"}
    votes = [(i, who) for i in range(150) for who in range(i % 4)]
    lines = [f"{i},a{who},{'xyz'[(i * who) % 3]}" for i, who in votes]
    text = project.write("votes.csv", "\n".join(["id,who,value", *lines]) + "\n")
    add(layout, Delivery([text], "votes", "v0", kind="annotations", **about))
    drawn = [{"id": str(i), "who": f"a{who}", "value": [_box(i, who)]} for i, who in votes[:60]]
    boxes = project.write("drawn.jsonl", "".join(json.dumps(one) + "\n" for one in drawn))
    add(layout, Delivery([boxes], "drawn", "d0", kind="annotations", **about))


def reports(root: Path) -> dict[str, Any]:
    """What every stage reports: roots, counts, figures."""
    return {path.stem: json.loads(path.read_bytes()) for path in sorted((root / "reports").glob("*.json"))}
