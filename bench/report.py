"""Writes docs/benchmarks.md from bench/results.json (`make bench` does so at its end)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import registry

HERE = Path(__file__).parent
TARGET = HERE.parent / "docs" / "benchmarks.md"
INTRO = """# Benchmarks

Written by `make bench` and `make bench-large` (`python -m bench CASE` for one case). The data are generated with the trouble
of real deliveries (`bench/generate.py`); the baseline is the same job by hand in straight Polars (`bench/baseline.py`), whose report
is compared with those of dsv's stages after each run (`bench/same.py`). Ratios are taken within one run; seconds depend on the
machine and on what else it does. Figures that miss their bound are in bold.
"""
Row = dict[str, Any]


def main() -> None:
    results = json.loads((HERE / "results.json").read_text())
    parts = [INTRO]
    for name, case in registry.CASES.items():
        if name in results:
            parts.append(_case(name, (case.run.__doc__ or "").strip(), results[name]))
    TARGET.write_text("\n".join(parts))


def _case(name: str, what: str, result: Row) -> str:
    lines = [f"## {name}", "", " ".join(what.split()), ""]
    lines += [f"{result['date']}, {result['machine']}, {result['rows']:,} records.", ""]
    compared = [figure for figure in result["figures"] if figure.get("side")]
    alone = [figure for figure in result["figures"] if not figure.get("side")]
    if compared:
        lines += [*_table(compared), ""]
    if alone:
        lines += ["| what | figure | bound |", "|---|---|---|"]
        lines += [f"| {figure['what']} | {_value(figure)} | {_bound(figure)} |" for figure in alone]
    return "\n".join([*lines, ""]).rstrip("\n") + "\n"


def _value(figure: Row) -> str:
    missed = figure["most"] is not None and figure["value"] > figure["most"]
    value = f"{figure['value']:.3g} {figure['unit']}".rstrip()
    return f"**{value}**" if missed else value


def _bound(figure: Row) -> str:
    return "" if figure["most"] is None else f"{figure['most']:g} {figure['unit']}".rstrip()


def _table(figures: list[Row]) -> list[str]:
    """A row for each thing measured, a column for each side; and who has no figure for what."""
    sides = list(dict.fromkeys(figure["side"] for figure in figures))
    cells: dict[str, dict[str, list[str]]] = {}
    for figure in figures:
        cells.setdefault(figure["what"], {}).setdefault(figure["side"], []).append(_value(figure))
    lines = [f"| | {' | '.join(sides)} |", "|---" * (len(sides) + 1) + "|"]
    for what, row in cells.items():
        lines.append(f"| {what} | {' | '.join(', '.join(row.get(side, ['–'])) for side in sides)} |")
    missing = [f"{side} ({what})" for what, row in cells.items() for side in sides if side not in row]
    return lines + (["", f"Left out, as it could not be done: {'; '.join(missing)}."] if missing else [])


if __name__ == "__main__":
    main()
