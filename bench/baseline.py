"""The same job by hand in straight Polars, whole tables, nothing kept but the training set: what `dsv run` is held against."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl
import polars_hash as plh

from bench.generate import SCHEMA
from bench.project import LOST, SALT

KEYS = ["device", "site", "ts", "temp", "hum", "pres", "text", "label"]


def read(folder: Path) -> pl.LazyFrame:
    """All deliveries, with a hash of each record."""
    parts = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".csv":
            parts.append(pl.scan_csv(path, schema=SCHEMA))
        elif path.suffix == ".jsonl":
            parts.append(pl.scan_ndjson(path, schema=SCHEMA))
        else:
            parts.append(pl.scan_parquet(path))
    raw = pl.concat([part.select(*SCHEMA) for part in parts])
    return raw.with_columns(
        plh.concat_str([pl.col(c).cast(pl.String) for c in SCHEMA], separator="\x1f", ignore_nulls=True)
        .nchash.xxh3_128(return_binary=True, byte_order="big")
        .alias("hash")
    )


def clean(raw: pl.LazyFrame) -> pl.LazyFrame:
    """One date type, tidy labels and texts, nothing missing, the first of equal records."""
    ts = pl.col("ts")
    tries = [
        ts.str.to_datetime(form, strict=False, time_unit="us")
        for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M")
    ]
    epoch = pl.from_epoch(ts.cast(pl.Int64, strict=False)).cast(pl.Datetime("us"))
    label = pl.col("label").str.strip_chars().str.to_lowercase()
    tidy = raw.with_columns(
        ts=pl.coalesce(*tries, epoch),
        label=pl.when(label != LOST).then(label),
        text=pl.col("text").str.strip_chars().str.replace_all(r"\s+", " "),
    )
    whole = tidy.drop_nulls(["ts", "temp", "text", "label"])
    return whole.unique(KEYS, keep="first", maintain_order=True)


def merge(folder: Path) -> pl.LazyFrame:
    """The majority of at least two votes; the smallest of a tie."""
    votes = pl.scan_parquet(folder / "*.parquet").group_by("uid", "label").len()
    best = votes.group_by("uid").agg(
        n=pl.col("len").max(),
        votes=pl.col("len").sum(),
        label=pl.col("label").filter(pl.col("len") == pl.col("len").max()),
    )
    return best.filter((pl.col("label").list.len() == 1) & (pl.col("votes") >= 2)).select(
        "uid", "n", voted=pl.col("label").list.first()
    )


def split(records: pl.LazyFrame) -> pl.LazyFrame:
    """By the hash of the device."""
    place = plh.concat_str([pl.lit(SALT), pl.col("device")]).nchash.xxh3_64() / 2.0**64
    return records.with_columns(
        split=pl.when(place < 0.8).then(pl.lit("train")).when(place < 0.9).then(pl.lit("val")).otherwise(pl.lit("test"))
    )


def run(data: Path, out: Path) -> None:
    """The training set as one Parquet file, and the table of classes, sites and splits."""
    cleaned = clean(read(data / "records"))
    labelled = cleaned.join(merge(data / "votes"), on="uid", how="left")
    done = split(labelled).sort("uid").collect()
    done.write_parquet(out / "data.parquet", compression="zstd", compression_level=3)
    table = done.group_by("site", "voted", "split").agg(n=pl.len()).sort("site", "voted", "split")
    (out / "audit.json").write_text(json.dumps(table.to_dicts()))


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
