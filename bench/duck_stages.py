"""The same job in DuckDB as five stages of DVC, each of which keeps what it makes: `python -m bench.duck_stages STAGE DATA`.

The statements, limits and report are those of `bench/duck.py`. What a stage writes is the same for the same input: a file
for each that was delivered, then files by ranges of uid, in order.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from bench.duck import HASH, ONCE, PART, READS, WITHIN, audited, clean, connected, ranges, voted

WRITTEN = "COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)"
TIDY = "SELECT * EXCLUDE (set_label, set_alias, set_text, whole, good) FROM {rows} ORDER BY uid"
STAGES: dict[str, tuple[str, ...]] = {"ingest": (), "clean": ("ingest",), "merge": ("clean",), "split": ("clean", "merge"), "audit": ("clean", "merge", "split")}  # fmt: skip
READ = ("ingest", "merge")
REPORT = "report.json"
PARTS = "read_parquet('{stage}/part-*.parquet')"


def pipeline(data: Path) -> str:
    """The text of dvc.yaml (JSON is YAML)."""
    command = f"'{sys.executable}' -m bench.duck_stages {{}} '{data}'"
    stages = {
        name: {
            "cmd": command.format(name),
            "deps": [*before, *([str(data)] if name in READ else [])],
            "outs": [REPORT if name == "audit" else name],
        }
        for name, before in STAGES.items()
    }
    return json.dumps({"stages": stages})


def run(stage: str, data: Path) -> None:
    """Makes the output of a stage anew, in the folder where this is."""
    work = Path("work")
    for folder in (work, *([Path(stage)] if stage != "audit" else [])):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    with connected(work) as base:
        _STAGES[stage](base, data)
    shutil.rmtree(work)


def _ingest(base: duckdb.DuckDBPyConnection, data: Path) -> None:
    for path in sorted(data.glob("*/records/*")):
        query = f"SELECT *, {HASH} FROM ({READS[path.suffix[1:]].format(path=path)})"
        base.execute(WRITTEN.format(query=query, path=f"ingest/{path.parent.parent.name}-{path.stem}.parquet"))


def _clean(base: duckdb.DuckDBPyConnection, _: Path) -> None:
    report = clean(base, "FROM read_parquet('ingest/*.parquet')", "hash")
    for i, tables in enumerate(_ranges(base, "kept", "clean", "kept")):
        base.execute(WRITTEN.format(query=TIDY.format(rows=ONCE.format(**tables)), path=_part("clean", i)))
    Path("clean", REPORT).write_text(json.dumps(report))


def _merge(base: duckdb.DuckDBPyConnection, data: Path) -> None:
    base.execute(f"CREATE VIEW kept AS SELECT uid FROM {PARTS.format(stage='clean')}")
    report = voted(base, f"{data}/*")
    for i, tables in enumerate(_ranges(base, "kept", "voted")):
        base.execute(WRITTEN.format(query=f"FROM {tables['voted']} ORDER BY uid", path=_part("merge", i)))
    Path("merge", REPORT).write_text(json.dumps(report))


def _split(base: duckdb.DuckDBPyConnection, _: Path) -> None:
    for i in range(len(list(Path("clean").glob("*.parquet")))):
        rows, votes = (f"read_parquet('{_part(stage, i)}')" for stage in ("clean", "merge"))
        base.execute(PART.format(clean=rows, voted=votes, out=_part("split", i)))


def _audit(base: duckdb.DuckDBPyConnection, _: Path) -> None:
    kept = base.execute(f"SELECT count(*) FROM {PARTS.format(stage='split')}").fetchall()[0][0]
    report: dict[str, Any] = {"records": kept}
    for stage in ("clean", "merge"):
        report |= json.loads(Path(stage, REPORT).read_text())
    Path(REPORT).write_text(json.dumps(report | audited(base, Path("split"))))


def _ranges(base: duckdb.DuckDBPyConnection, of: str, *tables: str) -> Iterator[dict[str, str]]:
    low, high = base.execute(f"SELECT min(uid), max(uid) FROM {of}").fetchall()[0]
    for start, end in ranges(low, high):
        yield {name: WITHIN.format(table=name, low=start, high=end) for name in tables}


def _part(stage: str, number: int) -> str:
    return f"{stage}/part-{number:02d}.parquet"


_STAGES = {"ingest": _ingest, "clean": _clean, "merge": _merge, "split": _split, "audit": _audit}

if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]))
