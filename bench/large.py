"""The same job on more than fits: twelve deliveries under a hard limit of memory, beside DuckDB tuned for spilling."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

from bench import baseline
from bench.figures import Bench, Figure
from bench.generate import generate
from bench.limit import limited
from bench.project import Used, measure, start, write_params

LIMIT = 4 * 10**9
DELIVERIES = 12
SAMPLE = 20_000
OURS, THEIRS = "dsv run", "DuckDB, tuned for spilling"


def large(bench: Bench) -> list[Figure]:
    """Twelve deliveries, three votes a record, in a memory cgroup of 4 GB without swap: `dsv run` (deliveries added
    before) beside DuckDB by hand with a limit of 2.2 GB, two threads and a folder to spill to (`bench/duck.py`; it comes
    to the same report)."""
    with limited(LIMIT):
        pass
    _same_job(bench)
    data = bench.folder / f"large-{bench.rows}"
    parts = [data / f"d{i:02d}" for i in range(1, DELIVERIES + 1)]
    size = bench.rows // DELIVERIES
    for i, part in enumerate(parts):
        generate(part, size, i * size)
    ours, kept = _ours(bench, parts)
    theirs, expected = _theirs(bench, data)
    if kept is not None and expected is not None and kept != expected:
        raise SystemExit(f"dsv kept {kept} records and DuckDB {expected}.")
    found = [*ours, *theirs]
    wall = {figure.side: figure.value for figure in found if figure.what == "time"}
    if len(wall) == 2:
        found.append(Figure("dsv run against DuckDB, time", wall[OURS] / wall[THEIRS], "x", 1.0))
    return found


def _ours(bench: Bench, parts: list[Path]) -> tuple[list[Figure], int | None]:
    project = start(bench.folder / "large")
    write_params(project)
    for part in parts:
        project.add(part / "records", "sensors", part.name)
        project.add(part / "votes", "votes", part.name)
    figures, used = _within(OURS, [sys.executable, "-m", "dsv", "run"], project.root)
    if used is None:
        return figures, None
    project.commit("first")
    return figures, project.shown()["records"]


def _theirs(bench: Bench, data: Path) -> tuple[list[Figure], int | None]:
    out = bench.scratch("duck")
    figures, used = _within(THEIRS, [sys.executable, "-m", "bench.duck", f"{data}/*", str(out)], Path.cwd())
    return figures, None if used is None else _rows(out)


def _within(side: str, command: list[str], cwd: Path) -> tuple[list[Figure], Used | None]:
    """What the command used under the limit; only its peak and what was killed where it did not come to its end."""
    with limited(LIMIT) as group:
        used = measure(group.inside(*command), cwd, check=False)
        killed = group.killed()
    found = [
        Figure("peak of anonymous memory", group.peak / 1e9, "GB", side=side),
        Figure("processes killed by the limit", killed, "", 0.0 if side == OURS else None, side),
    ]
    if used.code:
        print(f"  {side} ended with {used.code}; {killed} killed by the limit", flush=True)
        return found, None
    return [Figure("time", used.wall, "s", side=side), Figure("CPU", used.cpu, "s", side=side), *found], used


def _rows(out: Path) -> int:
    return int(pl.scan_parquet(out / "part-*.parquet").select(pl.len()).collect().item())


def _same_job(bench: Bench) -> None:
    """Ends the program unless DuckDB comes to the very records and labels that straight Polars does, and to its report."""
    data, out = Bench(bench.folder, SAMPLE).data, bench.scratch("sample")
    baseline.run(data, out)
    (out / "duck").mkdir()
    measure([sys.executable, "-m", "bench.duck", str(data), str(out / "duck")], Path.cwd())
    polars, duck = pl.read_parquet(out / "data.parquet"), pl.read_parquet(out / "duck" / "part-*.parquet")
    wanted = polars.drop("hash", "split")
    if not wanted.equals(duck.select(wanted.columns).cast(wanted.schema)):
        raise SystemExit("DuckDB and Polars do not come to the same records.")
    reports = [json.loads((folder / "report.json").read_text()) for folder in (out, out / "duck")]
    unlike = [name for name in reports[0] if reports[0][name] != reports[1].get(name) and "split" not in name]
    if unlike:
        raise SystemExit(f"DuckDB and Polars do not report the same: {', '.join(unlike)}.")
    for name, n in reports[0]["splits"]:
        theirs = dict(reports[1]["splits"])[name]
        if abs(n - theirs) > 0.05 * polars.height:
            raise SystemExit(f"DuckDB and Polars do not come to splits of the same size: {name} {n} {theirs}.")
