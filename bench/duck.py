"""The same job by hand in DuckDB, tuned for little memory: a database on disk, narrow group-bys that may spill, 32 ranges out.

The record hash is MD5, as DuckDB has no other of 128 bits; the split hash is its own, so a device may land elsewhere. The
report is that of `bench/baseline.py`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from bench.project import LOST, SALT

MEMORY, THREADS, PARTS = "2.2GB", 2, 32
TYPES = (
    "{{'uid': 'BIGINT', 'device': 'VARCHAR', 'site': 'VARCHAR', 'ts': 'VARCHAR', 'temp': 'DOUBLE', 'hum': 'DOUBLE', "
    "'pres': 'DOUBLE', 'text': 'VARCHAR', 'label': 'VARCHAR'}}"
)
COLUMNS = "uid, device, site, ts, temp, hum, pres, text, label"

READS = {
    "csv": f"SELECT {COLUMNS} FROM read_csv('{{path}}', header = true, columns = {TYPES})",
    "jsonl": f"SELECT {COLUMNS} FROM read_json('{{path}}', format = 'newline_delimited', columns = {TYPES})",
    "parquet": f"SELECT {COLUMNS} FROM read_parquet('{{path}}')",
}
HASH = f"unhex(md5(concat_ws(chr(31), {COLUMNS}))) AS hash"

# A pattern that does not match single spaces takes a quarter of the time that \s+ takes.
CLEAN = """
CREATE TABLE clean AS
WITH raw AS ({raw}), tidy AS (
    SELECT uid, device, site,
        coalesce(
            try_strptime(ts, ['%Y-%m-%dT%H:%M:%SZ', '%Y-%m-%d %H:%M:%S', '%d/%m/%Y %H:%M']),
            make_timestamp(try_cast(ts AS BIGINT) * 1000000)
        ) AS ts,
        temp, hum, pres,
        text AS old_text, trim(regexp_replace(text, '\\s\\s+|[\\t\\n\\f\\r]', ' ', 'g')) AS text,
        label AS old_label, lower(trim(label)) AS low_label,
        {hash}
    FROM raw
)
SELECT uid, device, site, ts, temp, hum, pres, text, nullif(low_label, '{lost}') AS label, hash,
    low_label <> old_label AS set_label, low_label = '{lost}' AS set_alias, text <> old_text AS set_text,
    ts IS NOT NULL AND temp IS NOT NULL AND text IS NOT NULL AND low_label <> '{lost}' AS whole,
    coalesce(whole AND temp BETWEEN -40 AND 80, false) AS good
FROM tidy
"""

CLEANED = """
SELECT count_if(set_label) AS "text", count_if(set_alias) AS "aliases", count_if(set_text) AS "text#2",
    count(*) - count_if(whole) AS "missing", count_if(whole) - count_if(good) AS "range", count_if(good) AS "good"
FROM clean
"""

KEPT = """
CREATE TABLE kept AS
SELECT min(uid) AS uid FROM clean WHERE good GROUP BY hash(text), hash(device, site, ts, temp, hum, pres, label) ORDER BY uid
"""

# One group-by of all votes: how many of each class a record has. The winner is the class that no other has as many of.
VOTED = """
CREATE TABLE voted AS
WITH counts AS (
    SELECT uid, {counts}, {best} AS n, {votes} AS votes FROM (
        SELECT uid, {filters} FROM read_parquet('{data}/votes/*.parquet') GROUP BY uid
    )
)
SELECT *, CASE WHEN votes >= 2 AND {rivals} = 1 THEN CASE {winner} END END AS voted FROM counts ORDER BY uid
"""

AGREED = """
SELECT avg(({same}) / (votes * (votes - 1))), {totals}
FROM voted SEMI JOIN kept USING (uid) WHERE votes >= 2
"""

# A stage of DVC reads the parts of those before it; in one program they are tables.
PART = f"""
COPY (
    WITH part AS (SELECT *, hash('{SALT}' || device) / 18446744073709551616.0 AS place FROM {{clean}})
    SELECT uid, device, site, ts, temp, hum, pres, text, label, hash, if(voted IS NULL, NULL, n) AS n, voted,
        CASE WHEN place < 0.8 THEN 'train' WHEN place < 0.9 THEN 'val' ELSE 'test' END AS split
    FROM part LEFT JOIN (SELECT uid, n, voted FROM {{voted}}) AS vote USING (uid)
    ORDER BY uid
) TO '{{out}}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)
"""
WITHIN = "(SELECT * FROM {table} WHERE uid BETWEEN {low} AND {high})"
ONCE = "(SELECT * FROM {clean} SEMI JOIN {kept} AS one USING (uid))"

COUNTED = "SELECT voted, site, split, count(*) FROM read_parquet('{out}/part-*.parquet') GROUP BY ALL"

LEAKING = """
SELECT coalesce(sum(n), 0)::BIGINT FROM (
    SELECT count(*) AS n FROM read_parquet('{out}/part-*.parquet')
    GROUP BY hash(text), hash(device, site, ts, temp, hum, pres, voted) HAVING min(split) <> max(split)
)
"""


def run(data: str, out: Path) -> None:
    """The training set as Parquet in ranges of uid, and the report as JSON; `data` may hold a pattern."""
    with connected(out) as base:
        raw = " UNION ALL ".join(read.format(path=f"{data}/records/*.{suffix}") for suffix, read in READS.items())
        report = clean(base, raw, HASH)
        report |= voted(base, data)
        low, high, kept = base.execute("SELECT min(uid), max(uid), count(*) FROM kept").fetchall()[0]
        for i, (start, end) in enumerate(ranges(low, high)):
            tables = {name: WITHIN.format(table=name, low=start, high=end) for name in ("clean", "kept", "voted")}
            rows = ONCE.format(clean=tables["clean"], kept=tables["kept"])
            base.execute(PART.format(clean=rows, voted=tables["voted"], out=out / f"part-{i:02d}.parquet"))
        report |= audited(base, out)
    (out / "report.json").write_text(json.dumps({"records": kept, **report}))


@contextmanager
def connected(out: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in a file of the folder, with the limits."""
    (out / "spill").mkdir()
    base = duckdb.connect(str(out / "work.duckdb"))
    base.execute(f"SET memory_limit = '{MEMORY}'; SET threads = {THREADS}; SET temp_directory = '{out / 'spill'}'")
    try:
        yield base
    finally:
        base.close()


def ranges(low: int, high: int) -> Iterator[tuple[int, int]]:
    """PARTS ranges from low to high, both included."""
    size = (high - low) // PARTS + 1
    return ((low + i * size, low + (i + 1) * size - 1) for i in range(PARTS))


def clean(base: duckdb.DuckDBPyConnection, raw: str, hashed: str) -> dict[str, Any]:
    """Makes the tables `clean` (all records, tidy) and `kept` (the ids of those that stay) of a query; what went and changed."""
    base.execute(CLEAN.format(raw=raw, hash=hashed, lost=LOST))
    report = _cleaned(base)
    base.execute(KEPT)
    report["dropped"]["duplicate"] = report.pop("good") - base.execute("SELECT count(*) FROM kept").fetchall()[0][0]
    return report


def _cleaned(base: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    found = base.execute(CLEANED)
    n = dict(zip([column[0] for column in found.description or ()], found.fetchall()[0], strict=True))
    changed = {rule: n[rule] for rule in ("text", "aliases", "text#2")}
    return {"changed": changed, "dropped": {rule: n[rule] for rule in ("missing", "range") if n[rule]}, "good": n["good"]}


def voted(base: duckdb.DuckDBPyConnection, data: str) -> dict[str, float]:
    """Labels by majority, and how far the votes agree: observed agreement and Fleiss' kappa."""
    classes = [row[0] for row in base.execute(f"SELECT DISTINCT label FROM read_parquet('{data}/votes/*.parquet') ORDER BY 1").fetchall()]
    names = [f"c{i}" for i in range(len(classes))]
    each = list(zip(names, classes, strict=True))
    base.execute(VOTED.format(
        data=data, counts=", ".join(names), best=f"greatest({', '.join(names)})", votes=" + ".join(names),
        filters=", ".join(f"count_if(label = '{label}')::INTEGER AS {name}" for name, label in each),
        rivals="(" + " + ".join(f"({name} = n)::INTEGER" for name in names) + ")",
        winner=" ".join(f"WHEN {name} = n THEN '{label}'" for name, label in each),
    ))  # fmt: skip
    same = " + ".join(f"{name} * ({name} - 1)" for name in names)
    observed, *sums = base.execute(AGREED.format(same=same, totals=", ".join(f"sum({name})" for name in names))).fetchall()[0]
    expected = sum((n / sum(sums)) ** 2 for n in sums)
    return {"observed_agreement": round(observed, 6), "fleiss_kappa": round((observed - expected) / (1 - expected), 6)}


def audited(base: duckdb.DuckDBPyConnection, out: Path) -> dict[str, Any]:
    tables: dict[str, Counter[tuple[str, ...]]] = {
        name: Counter() for name in ("classes", "splits", "groups", "classes_by_split", "groups_by_split")
    }
    undecided = 0
    for voted, site, split, n in base.execute(COUNTED.format(out=out)).fetchall():
        if voted is None:
            undecided += n
        else:
            tables["classes"][voted,] += n
            tables["classes_by_split"][split, voted] += n
        tables["splits"][split,] += n
        tables["groups"][site,] += n
        tables["groups_by_split"][split, site] += n
    counted = {name: [[*key, n] for key, n in sorted(table.items())] for name, table in tables.items()}
    return {"undecided": undecided, **counted, "leakage": base.execute(LEAKING.format(out=out)).fetchall()[0][0]}


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]))
