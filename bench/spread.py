"""The same run on processes of Dask."""

from __future__ import annotations

from bench.figures import Bench, Figure
from bench.project import Used, start, write_params

WORKERS = "2"


def dask(bench: Bench) -> list[Figure]:
    """A full run on threads of one process, and on two worker processes of Dask; both come to the same root."""
    here, local = _run(bench, "local")
    there, spread = _run(bench, "dask", "-j", WORKERS)
    if here != there:
        raise SystemExit(f"The local engine comes to the root {here}, Dask to {there}.")
    return [
        Figure("dsv run --engine local", local.wall, "s"),
        Figure("dsv run --engine local, CPU", local.cpu, "s"),
        Figure(f"dsv run --engine dask -j {WORKERS}", spread.wall, "s"),
        Figure(f"dsv run --engine dask -j {WORKERS}, CPU", spread.cpu, "s"),
        Figure("Dask against local, equal roots", spread.wall / local.wall, "x"),
    ]


def _run(bench: Bench, engine: str, *args: str) -> tuple[str, Used]:
    project = start(bench.folder / f"engine-{engine}")
    write_params(project)
    project.add(bench.data / "records", "sensors", "b1")
    project.add(bench.data / "votes", "votes", "b1")
    used = project.dsv("run", "--engine", engine, *args)
    project.commit("first")
    return project.shown()["root"], used
