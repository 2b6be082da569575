"""Rows a second of the record hash."""

from __future__ import annotations

import sys
import time

import polars as pl

from dsv.record import digest


def main(path: str) -> None:
    frame = pl.read_parquet(path)
    digest.record_hashes(frame.head(1000))
    started = time.perf_counter()
    digest.record_hashes(frame)
    print(frame.height / (time.perf_counter() - started))


if __name__ == "__main__":
    main(sys.argv[1])
