"""dsv on its own data, and beside the same by hand. Each case begins with what it needs; ratios are taken within one run."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import polars as pl

from bench import changes
from bench.figures import Bench, Figure
from bench.generate import save
from bench.project import Project, Used, measure, start, write_params
from bench.same import same

FULL = 3


def _baseline(bench: Bench, out: Path) -> Used:
    return measure([sys.executable, "-m", "bench.baseline", str(bench.data), str(out)], Path.cwd())


def _first(bench: Bench, name: str) -> Project:
    project = start(bench.folder / name)
    write_params(project)
    project.add(bench.data / "records", "sensors", "b1")
    project.add(bench.data / "votes", "votes", "b1")
    return project


def changes_of_one_project(bench: Bench) -> list[Figure]:
    """Full runs in turn with straight Polars, the mean of three each; then an append, a relabelling, another split, a tighter rule."""
    plain, fresh = [], []
    for _ in range(FULL):
        project, out = _first(bench, "project"), bench.scratch("baseline")
        plain.append(_baseline(bench, out))
        fresh.append(project.dsv("run"))
        same(out, project.root)
    wall, cpu = (sum(getattr(p, what) for p in plain) / FULL for what in ("wall", "cpu"))
    full = fresh[-1]._replace(wall=sum(f.wall for f in fresh) / FULL, cpu=sum(f.cpu for f in fresh) / FULL, peak=max(f.peak for f in fresh))
    project.commit("first")
    whole = project.stored()
    found = [
        Figure("straight Polars, whole tables, nothing kept", wall, "s"),
        Figure("dsv run, everything, DVC included", full.wall, "s"),
        Figure("dsv run against straight Polars", full.wall / wall, "x", 2.5),
        Figure("dsv run, CPU against straight Polars", full.cpu / cpu, "x"),
        Figure("peak memory of the largest process", full.peak / 1e9, "GB", 3.0),
        Figure("kept for the first version, beside the deliveries", whole / 1e6, "MB"),
    ]

    def change(what: str, most: float, time: float | None = None) -> None:
        before = project.stored()
        used = project.dsv("run")
        found.append(Figure(f"{what}: newly stored", 100 * (project.stored() - before) / whole, "%", most))
        found.append(Figure(f"{what}: time of the full run", 100 * used.wall / full.wall, "%", time))
        project.commit(what)

    records, votes = changes.appended(bench.scratch("append"), bench.rows, bench.rows // 100)
    project.add(records, "sensors", "b2")
    project.add(votes, "votes", "b2")
    change("append 1 %", 1.5, 20.0)
    project.add(changes.relabelled(bench.data, bench.scratch("relabel"), 100), "votes", "b3")
    change("relabel 1 %, scattered", 1.5)
    project.edit("{train: 0.8, val: 0.1", "{train: 0.79, val: 0.11")
    change("one split fraction", 1.0)
    project.edit("max: 80", "max: 44.7")
    change("a rule that drops 0.1 % more", 0.3)
    return found


def snapshots(bench: Bench) -> list[Figure]:
    """The whole source again with 1 % of its rows changed; and the record diff of the two versions beside a full outer join,
    each as a process and by itself in a process that has loaded all it needs (medians of five)."""
    project = _first(bench, "snapshots")
    project.edit("  sensors:\n", "  sensors:\n    delivery: snapshot\n")
    project.dsv("run")
    project.commit("first")
    whole = project.stored()
    project.add(changes.snapshot(bench.data, bench.scratch("snapshot"), 100), "sensors", "b2")
    used = project.dsv("run")
    found = [
        Figure("snapshot again, 1 % of rows changed: newly stored", 100 * (project.stored() - whole) / whole, "%", 2.5),
        Figure("snapshot again: time of dsv run", used.wall, "s"),
    ]
    project.commit("second")
    return found + _diffs(project, bench)


def _diffs(project: Project, bench: Bench) -> list[Figure]:
    out = bench.scratch("export")
    sides = [str(out / name) for name in "ab"]
    for side, rev in zip(sides, ("HEAD~1", "HEAD"), strict=True):
        project.dsv("export", rev, "-o", side, "--format", "parquet")

    here = Path.cwd()

    def whole(*command: str, cwd: Path = here) -> float:
        return sorted(measure([sys.executable, *command], cwd).wall for _ in range(5))[2]

    def alone(*command: str, cwd: Path = here) -> float:
        runs = [measure([sys.executable, "-m", "bench.alone", *command], cwd, {"PYTHONPATH": str(here)}).out for _ in range(5)]
        return sorted(float(told.split()[-1]) for told in runs)[2]

    versions = ("HEAD~1", "HEAD")
    join = whole("-m", "bench.join", *sides)
    ours = whole("-m", "dsv", "diff", *versions, "--format", "json", cwd=project.root)
    causes = whole("-m", "dsv", "diff", *versions, "--by", "cause", cwd=project.root)
    loading = whole("-c", "import numpy, polars, pyarrow.parquet")
    by_itself = alone("join", *sides), alone("dsv", *versions, cwd=project.root)
    return [
        Figure("full outer join of both tables in Polars, whole process", join, "s"),
        Figure("dsv diff, 1 % changed, whole process", ours, "s"),
        Figure("of which loading Polars, Arrow and NumPy", loading, "s"),
        Figure("dsv diff against the join, whole processes", ours / join, "x", 0.2),
        Figure("full outer join, by itself", by_itself[0], "s"),
        Figure("dsv diff, by itself", by_itself[1], "s"),
        Figure("dsv diff against the join, each by itself", by_itself[1] / by_itself[0], "x", 0.2),
        Figure("dsv diff --by cause against dsv diff", causes / ours, "x", 2.0),
    ]


def commands(bench: Bench) -> list[Figure]:
    """CPU seconds of the commands that read no record, on the project of the first case."""
    project = Project(bench.folder / "project")
    if not project.root.exists():
        changes_of_one_project(bench)
    lines = (["--help"], ["log"], ["show"], ["status"], ["diff", "--stat", "HEAD~1", "HEAD"])
    bare = min(measure([sys.executable, "-c", "pass"], project.root).cpu for _ in range(10))
    found = [Figure("CPU of an empty Python program", bare, "s")]
    for line in lines:
        cpu = min(project.dsv(*line).cpu for _ in range(10))
        found.append(Figure(f"CPU of dsv {' '.join(line)}", cpu, "s", 0.15))
    return found


def small_diff(bench: Bench) -> list[Figure]:
    """100 changed rows in 1,000,000."""
    rows = bench.rows // 2
    half = Bench(bench.folder, rows)
    project = start(bench.folder / "small")
    write_params(project)
    project.add(half.data / "records", "sensors", "b1")
    project.dsv("run")
    project.commit("first")
    folder = bench.scratch("fixes")
    save(changes.fixed(half.data, folder, rows // 100, 0), folder / "fixes.csv")
    project.add(folder, "sensors", "b2")
    project.dsv("run")
    project.commit("second")
    used = [project.dsv("diff", "HEAD~1", "HEAD", "--format", "json") for _ in range(5)]
    return [Figure(f"dsv diff of 100 rows in {rows:,}, whole process", sorted(u.wall for u in used)[2], "s", 0.5)]


def history(bench: Bench) -> list[Figure]:
    """Eleven versions: each 1 % more rows, 0.1 % texts fixed, 0.5 % relabelled, 0.1 % dropped; once a batch fixed,
    once re-split, once a column added."""
    project = _first(bench, "history")
    project.dsv("run")
    project.commit("first")
    sizes = [project.stored()]
    extra = bench.rows // 100
    bound = 80.0
    for version in range(1, 11):
        folder = bench.scratch("version")
        records, votes = changes.appended(folder, bench.rows, extra, extra * (version - 1))
        save(changes.fixed(bench.data, folder, 1000, version), records / "fixed.csv")
        if version == 4:
            part = changes.read(bench.data / "records" / "part-1.csv")
            save(part.filter(pl.col("uid") % 2 == 0).with_columns(pl.col("temp") + 1), records / "batch.csv")
        project.add(records, "sensors", f"v{version}")
        save(pl.read_parquet(changes.relabelled(bench.data, folder / "again", 200, version)), votes / "again.parquet")
        project.add(votes, "votes", f"v{version}")
        lower = 44.7 - 0.25 * version
        project.edit(f"max: {bound:g}", f"max: {lower:g}")
        bound = lower
        if version == 6:
            project.edit("salt: v1", "salt: v2")
        if version == 8:
            _scores(project, bench)
        project.dsv("run")
        project.commit(f"version {version}")
        sizes.append(project.stored())
        print(f"    version {version}: {(sizes[-1] - sizes[-2]) / 1e6:.1f} MB", flush=True)
    return [
        Figure("first version", sizes[0] / 1e6, "MB"),
        Figure("eleven versions in all", sizes[-1] / 1e6, "MB", 264.0),
    ]


def _scores(project: Project, bench: Bench) -> None:
    folder = bench.scratch("scores")
    scores = pl.DataFrame({"uid": pl.int_range(1, bench.rows + 1, eager=True)})
    save(scores.with_columns(score=(pl.col("uid") * changes.PRIME % 1000).cast(pl.String)), folder / "scores.parquet")
    project.dsv("add", str(folder), "--source", "scores", "--batch", "b1", "--kind", "annotations", "--item", "uid", "--value", "score", "--of", "sensors", "--license", "CC0-1.0")  # fmt: skip
    project.edit("split:", "merge-scores: {use: merge, from: [scores], into: score}\nsplit:")
    project.edit("merge: {method: majority", "merge: {from: [votes], method: majority")


def rates(bench: Bench) -> list[Figure]:
    """Rows a second of the record hash, one process."""
    used = measure([sys.executable, "-m", "bench.hashing", str(bench.data / "records" / "part-7.parquet")], Path.cwd())
    return [Figure("record hash", float(used.out) / 1e6, "M rows/s")]


def adding(bench: Bench) -> list[Figure]:
    """`dsv add` of 20,000 small files beside `dvc add` of the same."""
    files = bench.scratch("files")
    for i in range(20_000):
        (files / f"{i:05d}.txt").write_bytes(f"file {i}\n".encode() * 40)
    project = start(bench.folder / "adding")
    ours = project.dsv("add", str(files), "--source", "files", "--kind", "media", "--license", "CC0-1.0", "--link")
    other = start(bench.folder / "adding-dvc")
    shutil.copytree(files, other.root / "files")
    dvc = measure([sys.executable, "-m", "dvc", "add", "-q", "files"], other.root)
    return [
        Figure("dvc add, 20,000 files", dvc.wall, "s"),
        Figure("dsv add, 20,000 files", ours.wall, "s"),
        Figure("dsv add against dvc add", ours.wall / dvc.wall, "x", 0.5),
    ]
