"""Whether straight Polars and dsv came to the same: a ratio of two jobs says nothing where they are not one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def same(by_hand: Path, project: Path) -> None:
    """Ends the program unless the report of the baseline is what the reports of dsv's stages say."""
    theirs = json.loads((by_hand / "report.json").read_text())
    ours = json.loads(json.dumps(_told(project)))
    unlike = [name for name in ours if ours[name] != theirs.get(name)]
    if unlike or ours.keys() != theirs.keys():
        shown = "; ".join(f"{name}: {str(ours[name])[:100]} and {str(theirs.get(name))[:100]}" for name in unlike)
        raise SystemExit(f"dsv and straight Polars do not come to the same: {shown or sorted(ours.keys() ^ theirs.keys())}")


def _told(project: Path) -> dict[str, Any]:
    clean, merge, audit = (json.loads((project / "reports" / f"{stage}.json").read_text()) for stage in ("clean", "merge", "audit"))
    merged, tables = merge["summary"], audit["summary"]
    told: dict[str, Any] = {
        "records": audit["dataset"]["records"],
        "changed": clean["changed"],
        "dropped": clean["dropped"],
        "observed_agreement": merged["observed_agreement"],
        "fleiss_kappa": merged["fleiss_kappa"],
        "undecided": sum(merged["undecided"].values()),
        "leakage": tables["leakage"]["records_equal_across_splits"],
    }
    told |= {"classes": _rows(tables["classes"]), "splits": _rows(tables["splits"]), "groups": _rows(tables["groups"]["site"])}
    told["classes_by_split"] = _by_split(tables["classes_by_split"])
    told["groups_by_split"] = _by_split(tables["groups_by_split"]["site"])
    return told


def _rows(table: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(table.items())


def _by_split(table: dict[str, dict[str, int]]) -> list[tuple[str, str, int]]:
    return sorted((split, name, n) for split, of in table.items() for name, n in of.items())
