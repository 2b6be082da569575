"""A full outer join of two exported versions in Polars, and which rows differ: what a record diff is held against."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl


def main(a: Path, b: Path) -> None:
    left, right = pl.scan_parquet(a / "*.parquet"), pl.scan_parquet(b / "*.parquet")
    names = [name for name in left.collect_schema() if name != "_id"]
    joined = left.join(right, on="_id", how="full", suffix="_b", coalesce=True)
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_b")) for name in names]
    found = joined.filter(pl.any_horizontal(differs)).select(
        pl.len(), *[test.sum().alias(n) for test, n in zip(differs, names, strict=True)]
    )
    print(found.collect().to_dicts())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
