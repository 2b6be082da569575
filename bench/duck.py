"""The same job by hand in DuckDB, tuned for little memory: a database on disk, narrow group-bys that may spill, 32 ranges out.

The record hash is MD5, as DuckDB has no other of 128 bits; the split hash is its own, so a device may land elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from bench.project import LOST, SALT

MEMORY, THREADS, PARTS = "2.2GB", 2, 32
TYPES = (
    "{{'uid': 'BIGINT', 'device': 'VARCHAR', 'site': 'VARCHAR', 'ts': 'VARCHAR', 'temp': 'DOUBLE', 'hum': 'DOUBLE', "
    "'pres': 'DOUBLE', 'text': 'VARCHAR', 'label': 'VARCHAR'}}"
)
COLUMNS = "uid, device, site, ts, temp, hum, pres, text, label"

# A pattern that does not match single spaces takes a quarter of the time that \s+ takes.
CLEAN = f"""
CREATE TABLE clean AS
WITH raw AS (
    SELECT {COLUMNS} FROM read_csv('{{data}}/records/*.csv', header = true, columns = {TYPES})
    UNION ALL SELECT {COLUMNS} FROM read_json('{{data}}/records/*.jsonl', format = 'newline_delimited', columns = {TYPES})
    UNION ALL SELECT {COLUMNS} FROM read_parquet('{{data}}/records/*.parquet')
), tidy AS (
    SELECT uid, device, site,
        coalesce(
            try_strptime(ts, ['%Y-%m-%dT%H:%M:%SZ', '%Y-%m-%d %H:%M:%S', '%d/%m/%Y %H:%M']),
            make_timestamp(try_cast(ts AS BIGINT) * 1000000)
        ) AS ts,
        temp, hum, pres,
        trim(regexp_replace(text, '\\s\\s+|[\\t\\n\\f\\r]', ' ', 'g')) AS text,
        nullif(lower(trim(label)), '{LOST}') AS label,
        unhex(md5(concat_ws(chr(31), {COLUMNS}))) AS hash
    FROM raw
)
SELECT * FROM tidy WHERE ts IS NOT NULL AND temp IS NOT NULL AND text IS NOT NULL AND label IS NOT NULL
"""

KEPT = """
CREATE TABLE kept AS
SELECT min(uid) AS uid FROM clean GROUP BY hash(text), hash(device, site, ts, temp, hum, pres, label) ORDER BY uid
"""

CLASSES = """
CREATE TYPE class AS ENUM (SELECT DISTINCT label FROM read_parquet('{data}/votes/*.parquet') ORDER BY label)
"""

# The winner is unique where the last and the first of the classes with most votes are the same one.
VOTED = """
CREATE TABLE voted AS
WITH counts AS (
    SELECT uid, enum_code(label::class)::INTEGER AS code, count(*)::INTEGER AS n
    FROM read_parquet('{data}/votes/*.parquet') GROUP BY ALL
), best AS (
    SELECT uid, sum(n) AS votes, max(n * 256 + code) AS last, max(n * 256 + 255 - code) AS first FROM counts GROUP BY uid
)
SELECT uid, last // 256 AS n, (enum_range(NULL::class)[last % 256 + 1])::VARCHAR AS voted
FROM best WHERE votes >= 2 AND last % 256 = 255 - first % 256 ORDER BY uid
"""

PART = f"""
COPY (
    WITH part AS (SELECT *, hash('{SALT}' || device) / 18446744073709551616.0 AS place FROM clean WHERE uid BETWEEN {{low}} AND {{high}})
    SELECT part.* EXCLUDE (place), n, voted,
        CASE WHEN place < 0.8 THEN 'train' WHEN place < 0.9 THEN 'val' ELSE 'test' END AS split
    FROM part
    SEMI JOIN (SELECT uid FROM kept WHERE uid BETWEEN {{low}} AND {{high}}) AS one USING (uid)
    LEFT JOIN (SELECT * FROM voted WHERE uid BETWEEN {{low}} AND {{high}}) AS vote USING (uid)
    ORDER BY uid
) TO '{{out}}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)
"""

AUDIT = """
COPY (
    SELECT site, voted, split, count(*) AS n FROM read_parquet('{out}/part-*.parquet') GROUP BY ALL ORDER BY ALL
) TO '{out}/audit.json' (ARRAY true)
"""


def run(data: str, out: Path) -> None:
    """The training set as Parquet in ranges of uid, and the table of classes, sites and splits; `data` may hold a pattern."""
    (out / "spill").mkdir()
    base = duckdb.connect(str(out / "work.duckdb"))
    base.execute(f"SET memory_limit = '{MEMORY}'; SET threads = {THREADS}; SET temp_directory = '{out / 'spill'}'")
    for statement in (CLEAN, KEPT, CLASSES, VOTED):
        base.execute(statement.format(data=data))
    low, high = base.execute("SELECT min(uid), max(uid) FROM kept").fetchall()[0]
    size = (high - low) // PARTS + 1
    for i in range(PARTS):
        start = low + i * size
        base.execute(PART.format(low=start, high=start + size - 1, out=out / f"part-{i:02d}.parquet"))
    base.execute(AUDIT.format(out=out))
    base.close()


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]))
