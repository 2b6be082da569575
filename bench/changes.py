"""Deliveries that change a known share of the generated data, scattered evenly."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from bench.generate import CLASSES, SCHEMA, rows, save, vocabulary, votes

PRIME = 7_919


def some(column: str, one_in: int, salt: int = 0) -> pl.Expr:
    """True for one in so many rows, scattered."""
    return ((pl.col(column) * PRIME + salt) % one_in) == 0


def read(path: Path) -> pl.DataFrame:
    """A generated file, as it was written."""
    if path.suffix == ".csv":
        return pl.read_csv(path, schema=SCHEMA)
    return pl.read_ndjson(path, schema=SCHEMA) if path.suffix == ".jsonl" else pl.read_parquet(path)


def appended(folder: Path, n: int, extra: int, first: int = 0) -> tuple[Path, Path]:
    """`extra` new records after the n there are (and `first` appended before), and three votes for each."""
    start = n + first
    save(rows(start, extra, vocabulary()), folder / "records" / "new.csv")
    save(votes(start, extra), folder / "votes" / "new.parquet")
    return folder / "records", folder / "votes"


def relabelled(data: Path, folder: Path, one_in: int, salt: int = 0) -> Path:
    """The votes of one in so many records again, each for the next class."""
    following = dict(zip(CLASSES, (*CLASSES[1:], CLASSES[0]), strict=True))
    found = pl.scan_parquet(data / "votes" / "*.parquet").filter(some("uid", one_in, salt)).collect()
    save(found.with_columns(pl.col("label").replace_strict(following)), folder / "again.parquet")
    return folder


def fixed(data: Path, folder: Path, one_in: int, salt: int) -> pl.DataFrame:
    """One in so many records with another text."""
    parts = [read(path).filter(some("uid", one_in, salt)) for path in sorted((data / "records").iterdir())]
    return pl.concat(parts).with_columns(pl.col("text") + f" fixed {salt}")


def snapshot(data: Path, folder: Path, one_in: int) -> Path:
    """All records again, of which one in so many has another text."""
    for path in sorted((data / "records").iterdir()):
        frame = read(path)
        text = pl.when(some("uid", one_in)).then(pl.col("text") + " corrected").otherwise("text")
        save(frame.with_columns(text=text), folder / path.name)
    return folder
