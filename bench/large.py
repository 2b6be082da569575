"""The same job on more than fits: twelve deliveries under a hard limit of memory, beside DuckDB tuned for spilling."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl

from bench import baseline, duck_stages
from bench.figures import Bench, Figure
from bench.generate import generate
from bench.limit import limited
from bench.project import Used, measure, size, start, write_params

LIMIT = 4 * 10**9
DELIVERIES = 12
SAMPLE = 20_000
REPRO, HERE = [sys.executable, "-m", "dvc", "repro"], {"PYTHONPATH": str(Path.cwd())}
OURS, THEIRS, STAGED = "dsv run", "DuckDB, tuned for spilling", "the same DuckDB in stages of DVC"


def large(bench: Bench) -> list[Figure]:
    """Twelve deliveries, three votes a record, in a memory cgroup of 4 GB without swap: `dsv run` (deliveries added
    before) beside DuckDB by hand with a limit of 2.2 GB, two threads and a folder to spill to, as one program that keeps
    nothing but its result (`bench/duck.py`), and as five stages of DVC that keep theirs (`bench/duck_stages.py`, by `dvc repro`).
    Both come to the same report."""
    with limited(LIMIT):
        pass
    _same_job(bench)
    data = bench.folder / f"large-{bench.rows}"
    parts = [data / f"d{i:02d}" for i in range(1, DELIVERIES + 1)]
    size = bench.rows // DELIVERIES
    for i, part in enumerate(parts):
        generate(part, size, i * size)
    ours, kept = _ours(bench, parts)
    found = ours
    for side, theirs, expected in (_theirs(bench, data), _staged(bench, data)):
        if kept is not None and expected is not None and kept != expected:
            raise SystemExit(f"dsv kept {kept} records and {side} {expected}.")
        found += theirs
    wall = {figure.side: figure.value for figure in found if figure.what == "time"}
    told = {THEIRS: "dsv run against DuckDB, time", STAGED: "dsv run against DuckDB in stages of DVC, time"}
    return [*found, *(Figure(what, wall[OURS] / wall[side], "x", 1.0) for side, what in told.items() if {OURS, side} <= wall.keys())]


def _ours(bench: Bench, parts: list[Path]) -> tuple[list[Figure], int | None]:
    project = start(bench.folder / "large")
    write_params(project)
    for part in parts:
        project.add(part / "records", "sensors", part.name)
        project.add(part / "votes", "votes", part.name)
    figures, used = _within(OURS, [sys.executable, "-m", "dsv", "run"], project.root)
    figures.append(Figure("kept by the run", project.stored() / 1e9, "GB", side=OURS))
    if used is None:
        return figures, None
    project.commit("first")
    return figures, project.shown()["records"]


def _theirs(bench: Bench, data: Path) -> tuple[str, list[Figure], int | None]:
    out = bench.scratch("duck")
    figures, used = _within(THEIRS, [sys.executable, "-m", "bench.duck", f"{data}/*", str(out)], Path.cwd())
    return THEIRS, figures, None if used is None else _rows(out)


def _staged(bench: Bench, data: Path) -> tuple[str, list[Figure], int | None]:
    out = _pipeline(bench.scratch("duck-stages"), data)
    figures, used = _within(STAGED, REPRO, out, HERE)
    kept = size(out / ".dvc" / "cache")
    figures.append(Figure("kept by the run", kept / 1e9, "GB", side=STAGED))
    return STAGED, figures, None if used is None else _rows(out / "split")


def _pipeline(out: Path, data: Path) -> Path:
    """A DVC project with the stages, set as dsv sets it."""
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"], ["dvc", "config", "cache.type", "reflink,hardlink,copy"]):
        subprocess.run(command, cwd=out, check=True)
    (out / "dvc.yaml").write_text(duck_stages.pipeline(data))
    return out


def _within(side: str, command: list[str], cwd: Path, env: dict[str, str] | None = None) -> tuple[list[Figure], Used | None]:
    """What the command used under the limit; only its peak and what was killed where it did not come to its end."""
    with limited(LIMIT) as group:
        used = measure(group.inside(*command), cwd, env, check=False)
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
    """Ends the program unless DuckDB, both ways, comes to the very records and labels that straight Polars does, and to its report."""
    data, out = Bench(bench.folder, SAMPLE).data, bench.scratch("sample")
    baseline.run(data, out)
    (out / "duck").mkdir()
    measure([sys.executable, "-m", "bench.duck", str(data), str(out / "duck")], Path.cwd())
    (out / "stages").mkdir()
    # The stages read deliveries in folders of their own.
    (out / "deliveries").mkdir()
    (out / "deliveries" / "d01").symlink_to(data)
    measure(REPRO, _pipeline(out / "stages", out / "deliveries"), HERE)
    polars, wanted = pl.read_parquet(out / "data.parquet"), json.loads((out / "report.json").read_text())
    for name, parts, report in (("DuckDB", out / "duck", out / "duck"), ("DuckDB in stages", out / "stages" / "split", out / "stages")):
        _same(name, polars.drop("hash", "split"), pl.read_parquet(parts / "part-*.parquet"))
        _same_report(name, wanted, json.loads((report / "report.json").read_text()), polars.height)


def _same(name: str, wanted: pl.DataFrame, found: pl.DataFrame) -> None:
    if not wanted.equals(found.select(wanted.columns).cast(wanted.schema)):
        raise SystemExit(f"{name} and Polars do not come to the same records.")


def _same_report(name: str, wanted: dict[str, Any], found: dict[str, Any], height: int) -> None:
    unlike = [key for key in wanted if wanted[key] != found.get(key) and "split" not in key]
    if unlike:
        raise SystemExit(f"{name} and Polars do not report the same: {', '.join(unlike)}.")
    theirs = dict(found["splits"])
    for split, n in wanted["splits"]:
        if abs(n - theirs[split]) > 0.05 * height:
            raise SystemExit(f"{name} and Polars do not come to splits of the same size: {split} {n} {theirs[split]}.")
