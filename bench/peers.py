"""What other keepers of tables store and take for the changes that dsv is measured on."""

from __future__ import annotations

import sys
import venv
from collections.abc import Callable
from pathlib import Path

import polars as pl

from bench import changes, peers_data
from bench.cases import small_diff
from bench.figures import Bench, Figure
from bench.generate import save
from bench.project import Project, Used, measure, size, start, write_params

PINS = ("pylance==14.0.2", "deltalake==1.6.6", "oxenai==0.65.1", "pyarrow==26.0.1")
JOB = Path(__file__).with_name("peers_job.py")
STEPS = {
    "first": "first version",
    "append": "append 1 %",
    "update": "1 % of rows changed, scattered, only these delivered",
    "snapshot": "1 % of rows changed, scattered, the whole source again",
    "relabel": "re-label 1 %, scattered",
    "drop": "a rule that drops 0.1 %",
    "split": "split anew",
}
SIDES = {"lance": "Lance, in place", "delta": "Delta Lake", "oxen": "Oxen", "dvc": "DVC, one Parquet file"}
STORE = {"lance": ".", "delta": ".", "oxen": ".oxen", "dvc": ".dvc/cache"}


def peers(bench: Bench) -> list[Figure]:
    """Newly stored and seconds of one change after the other. dsv adds what is delivered, cleans, merges the votes, splits,
    audits and commits; the peers are given the finished rows and only store them, each step a process of its own. Lance
    and Delta Lake look for the changed rows of a whole source by comparing the text; Oxen and DVC get a new file."""
    python = _environment(bench.folder / "peers-venv")
    files = peers_data.prepare(bench.data, bench.scratch("peers"), bench.rows)
    found = _ours(bench)
    for peer in SIDES:
        found += _peer(bench, peer, sys.executable if peer == "dvc" else python, files)
    return found + _oxen_diff(bench, python)


def _environment(folder: Path) -> str:
    """The Python of an environment with the peers, which do not go with dsv's Polars."""
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists() or ready.read_text() != " ".join(PINS):
        venv.create(folder, clear=True, with_pip=True)
        measure([str(python), "-m", "pip", "install", "-qq", *PINS], folder)
        ready.write_text(" ".join(PINS))
    return str(python)


def _job(bench: Bench, python: str, peer: str, step: str, store: Path, path: Path) -> Used:
    home = bench.folder / "peers-home"
    home.mkdir(exist_ok=True)
    return measure([python, str(JOB), peer, step, str(store), str(path)], store, {"HOME": str(home)}, check=False)


def _peer(bench: Bench, peer: str, python: str, files: dict[str, Path]) -> list[Figure]:
    """Its figures of the steps that it can do; if it does all, it must have come to the table that is wanted."""
    store = bench.scratch(f"peer-{peer}")
    found: list[Figure] = []
    able = not _job(bench, python, peer, "start", store, store).code
    for step, what in STEPS.items():
        before = size(store / STORE[peer])
        used = _job(bench, python, peer, step, store, files[step])
        if used.code:
            able = False
            print(f"  {SIDES[peer]}: {what} ended with {used.code}", flush=True)
        else:
            found += _figures(what, size(store / STORE[peer]) - before, used.wall, SIDES[peer])
    if able and _job(bench, python, peer, "same", store, files["same"]).code:
        raise SystemExit(f"{SIDES[peer]} has come to another table.")
    return found


def _figures(what: str, stored: int, wall: float, side: str = "dsv") -> list[Figure]:
    return [Figure(what, stored / 1e6, "MB", side=side), Figure(what, wall, "s", side=side)]


def _ours(bench: Bench) -> list[Figure]:
    project, again = start(bench.folder / "peer-dsv"), start(bench.folder / "peer-dsv-snapshot")
    for each in (project, again):
        write_params(each)
    again.edit("  sensors:\n", "  sensors:\n    delivery: snapshot\n")
    records, votes = bench.data / "records", bench.data / "votes"
    new, new_votes = changes.appended(bench.scratch("append"), bench.rows, bench.rows // 100)
    fixed = bench.scratch("fixed")
    save(changes.fixed(bench.data, fixed, 100, 1), fixed / "fixed.csv")
    relabelled = changes.relabelled(bench.data, bench.scratch("relabel"), 100)
    snapshot = changes.snapshot(bench.data, bench.scratch("snapshot"), 100)

    def delivers(to: Project, batch: str, **sources: Path) -> Callable[[], float]:
        return lambda: sum(to.add(folder, source, batch).wall for source, folder in sources.items())

    def edits(old: str, new: str) -> Callable[[], float]:
        def make() -> float:
            project.edit(old, new)
            return 0.0

        return make

    found = _change(project, "first", delivers(project, "b1", sensors=records, votes=votes))
    found += _change(project, "append", delivers(project, "b2", sensors=new, votes=new_votes))
    found += _change(project, "update", delivers(project, "b3", sensors=fixed))
    _change(again, "first", delivers(again, "b1", sensors=records, votes=votes))
    found += _change(again, "snapshot", delivers(again, "b2", sensors=snapshot))
    found += _change(project, "relabel", delivers(project, "b4", votes=relabelled))
    found += _change(project, "drop", edits("max: 80", "max: 44.7"))
    return found + _change(project, "split", edits("salt: v1", "salt: v2"))


def _change(project: Project, step: str, make: Callable[[], float]) -> list[Figure]:
    before = project.stored()
    wall = make() + project.dsv("run").wall + project.commit(step).wall
    return _figures(STEPS[step], project.stored() - before, wall)


def _oxen_diff(bench: Bench, python: str) -> list[Figure]:
    """100 changed rows in half of the records, by the key, beside `dsv diff` of the same."""
    [ours] = small_diff(bench)
    half = Bench(bench.folder, bench.rows // 2)
    folder, store = bench.scratch("peers-diff"), bench.scratch("peer-oxen-diff")
    old = pl.concat([changes.read(path) for path in sorted((half.data / "records").iterdir())])
    new = old.update(changes.fixed(half.data, folder, half.rows // 100, 0), on="uid")
    _job(bench, python, "oxen", "start", store, store)
    for name, frame in (("old", old), ("new", new)):
        _job(bench, python, "oxen", "first", store, peers_data.write(frame, folder / f"{name}.parquet"))
    used = [_job(bench, python, "oxen", "diff", store, store) for _ in range(5)]
    if any(each.code for each in used):
        print("  Oxen: the diff failed", flush=True)
        return [ours]
    # A record without a text has none after the change either.
    expected = int(old["text"].ne_missing(new["text"]).sum())
    if int(used[0].out) != expected:
        print(f"  Oxen: the diff found {used[0].out.strip()} rows, not {expected}", flush=True)
        return [ours]
    wall = sorted(each.wall for each in used)[2]
    return [
        ours,
        Figure(f"Oxen's diff of 100 rows in {half.rows:,} by key, whole process", wall, "s"),
        Figure("dsv diff against Oxen's", ours.value / wall, "x", 1.0),
    ]
