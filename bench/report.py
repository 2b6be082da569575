"""Writes docs/benchmarks.md from bench/results.json (`make bench` does so at its end)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import cases

HERE = Path(__file__).parent
TARGET = HERE.parent / "docs" / "benchmarks.md"
INTRO = """# Benchmarks

Written by `make bench` (`python -m bench CASE` for one case). The data are generated with the trouble of real deliveries
(`bench/generate.py`); the baseline is the same job by hand in straight Polars (`bench/baseline.py`). Ratios are taken within
one run; seconds depend on the machine and on what else it does. Figures that miss their bound are in bold.
"""


def main() -> None:
    results = json.loads((HERE / "results.json").read_text())
    parts = [INTRO]
    for name, case in cases.CASES.items():
        if name in results:
            parts.append(_case(name, (case.__doc__ or "").strip(), results[name]))
    TARGET.write_text("\n".join(parts))


def _case(name: str, what: str, result: dict[str, Any]) -> str:
    lines = [f"## {name}", "", " ".join(what.split()), ""]
    lines += [f"{result['date']}, {result['machine']}, {result['rows']:,} records.", ""]
    lines += ["| what | figure | bound |", "|---|---|---|"]
    for figure in result["figures"]:
        missed = figure["most"] is not None and figure["value"] > figure["most"]
        value = f"{figure['value']:.3g} {figure['unit']}"
        bound = "" if figure["most"] is None else f"{figure['most']:g} {figure['unit']}"
        lines.append(f"| {figure['what']} | {f'**{value}**' if missed else value} | {bound} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
