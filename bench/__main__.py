"""`python -m bench [CASE…]`: measures, prints a table, and keeps the figures in bench/results.json.

Without a name it measures all but `large`. DSV_BENCH_ROWS (2,000,000; of `large` 24,000,000) and DSV_BENCH_FOLDER (a folder
on a disk with 20 GB to spare; for `large` 30) may be set.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

from bench import registry, report
from bench.figures import Bench, Figure, clear

RESULTS = Path(__file__).parent / "results.json"


def machine() -> str:
    """What was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, Python {platform.python_version()}, {platform.system()}"


def show(figures: list[Figure]) -> None:
    for figure in figures:
        verdict = "" if figure.most is None else "  ok" if figure.value <= figure.most else "  MISSED"
        bound = "" if figure.most is None else f"  (at most {figure.most:g})"
        what = f"{figure.side}: {figure.what}" if figure.side else figure.what
        print(f"  {what:<82} {figure.value:>10.4g} {figure.unit}{bound}{verdict}", flush=True)


def main(names: list[str]) -> None:
    folder = Path(os.environ.get("DSV_BENCH_FOLDER", Path(tempfile.gettempdir()) / "dsv-bench"))
    try:
        _measure(names, folder)
    finally:
        clear(folder)


def _measure(names: list[str], folder: Path) -> None:
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in names or [name for name, case in registry.CASES.items() if case.usual]:
        case = registry.CASES[name]
        rows = int(os.environ.get("DSV_BENCH_ROWS", case.rows))
        print(f"{name}: {rows:,} records", flush=True)
        figures = case.run(Bench(folder, rows))
        show(figures)
        known[name] = {
            "date": datetime.date.today().isoformat(), "machine": machine(), "rows": rows,
            "figures": [figure._asdict() for figure in figures],
        }  # fmt: skip
        RESULTS.write_text(json.dumps(known, indent=1) + "\n")
        report.main()


if __name__ == "__main__":
    main(sys.argv[1:])
