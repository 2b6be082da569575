"""The same job by hand in straight Polars, whole tables, nothing kept but the training set: what `dsv run` is held against.

It comes to the figures that dsv reports: drops and changes by rule, agreement of the annotators, classes, groups and splits,
records that are equal across splits. `bench/same.py` compares them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import polars_hash as plh

from bench.generate import SCHEMA
from bench.project import LOST, SALT

KEYS = ["device", "site", "ts", "temp", "hum", "pres", "text", "label"]
SETS = ("text", "aliases", "text#2")


def hashed(columns: list[str]) -> pl.Expr:
    """A hash of the record's values in these columns."""
    texts = plh.concat_str([pl.col(c).cast(pl.String) for c in columns], separator="\x1f", ignore_nulls=True)
    return texts.nchash.xxh3_128(return_binary=True, byte_order="big")


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
    return pl.concat([part.select(*SCHEMA) for part in parts]).with_columns(hash=hashed(list(SCHEMA)))


def tidy(raw: pl.LazyFrame) -> pl.LazyFrame:
    """One date type, tidy labels and texts, and what was changed."""
    ts = pl.col("ts")
    tries = [
        ts.str.to_datetime(form, strict=False, time_unit="us")
        for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M")
    ]
    epoch = pl.from_epoch(ts.cast(pl.Int64, strict=False)).cast(pl.Datetime("us"))
    label = pl.col("label").str.strip_chars().str.to_lowercase()
    text = pl.col("text").str.strip_chars().str.replace_all(r"\s+", " ")
    changed = (label != pl.col("label"), label == LOST, text != pl.col("text"))
    return raw.with_columns(
        ts=pl.coalesce(*tries, epoch),
        label=pl.when(label != LOST).then(label),
        text=text,
        **{f"set {name}": test for name, test in zip(SETS, changed, strict=True)},
    )


def clean(rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Nothing missing, temperatures within range, the first of equal records; and how many went or were changed by which rule."""
    there = pl.all_horizontal(pl.col("ts", "temp", "text", "label").is_not_null())
    within = there & pl.col("temp").is_between(-40, 80)
    kept = rows.lazy().filter(within).unique(KEYS, keep="first", maintain_order=True).collect()
    whole, warm = rows.select(there.sum().alias("there"), within.sum().alias("within")).row(0)
    dropped = {"missing": rows.height - whole, "range": whole - warm, "duplicate": warm - kept.height}
    changed = {name: rows[f"set {name}"].sum() for name in SETS}
    return kept.drop([f"set {name}" for name in SETS]), {"changed": changed, "dropped": {rule: n for rule, n in dropped.items() if n}}


def merge(counts: pl.LazyFrame) -> pl.LazyFrame:
    """The majority of at least two votes; nothing of a tie."""
    best = counts.group_by("uid").agg(
        n=pl.col("len").max(),
        votes=pl.col("len").sum(),
        label=pl.col("label").filter(pl.col("len") == pl.col("len").max()),
    )
    return best.filter((pl.col("label").list.len() == 1) & (pl.col("votes") >= 2)).select(
        "uid", "n", voted=pl.col("label").list.first()
    )


def agreement(counts: pl.DataFrame) -> dict[str, float]:
    """Observed agreement and Fleiss' kappa of the votes (uid, label, len) on records with two or more."""
    n = pl.col("len").cast(pl.Int64)
    items = counts.group_by("uid").agg(votes=n.sum(), same=(n * (n - 1)).sum()).filter(pl.col("votes") > 1)
    observed = items.select((pl.col("same") / (pl.col("votes") * (pl.col("votes") - 1))).mean()).item()
    labels = counts.join(items, on="uid", how="semi").group_by("label").agg(n.sum())["len"]
    expected = ((labels / labels.sum()) ** 2).sum()
    return {"observed_agreement": round(observed, 6), "fleiss_kappa": round((observed - expected) / (1 - expected), 6)}


def split(records: pl.DataFrame) -> pl.DataFrame:
    """By the hash of the device, as dsv places it on its circle."""
    place = plh.concat_str([pl.lit(f"{SALT}\0\x1edevice\x1fs"), pl.col("device"), pl.lit("\x1e")]).nchash.xxh3_64() / 2.0**64
    return records.with_columns(
        split=pl.when(place < 0.1).then(pl.lit("test")).when(place < 0.9).then(pl.lit("train")).otherwise(pl.lit("val"))
    )


def audit(done: pl.DataFrame) -> dict[str, Any]:
    """The tables of classes, groups and splits, and the records that are equal across splits."""
    content = [name for name in KEYS if name != "label"] + ["voted"]
    twice = done.select("split", hash=hashed(content)).filter(pl.col("hash").is_duplicated())
    leaking = twice.filter(pl.col("split").n_unique().over("hash") > 1).height
    tables = {
        "classes": ["voted"], "splits": ["split"], "groups": ["site"], "classes_by_split": ["split", "voted"], "groups_by_split": ["split", "site"],
    }  # fmt: skip
    counted = {name: done.drop_nulls(by).group_by(by).len().sort(by).rows() for name, by in tables.items()}
    return {**counted, "leakage": leaking}


def run(data: Path, out: Path) -> None:
    """The training set as one Parquet file, and the report as JSON."""
    kept, cleaned = clean(tidy(read(data / "records")).collect())
    counts = pl.scan_parquet(data / "votes" / "*.parquet").group_by("uid", "label").len().collect()
    labelled = kept.join(merge(counts.lazy()).collect(), on="uid", how="left")
    agreed = agreement(counts.join(kept.select("uid"), on="uid", how="semi"))
    done = split(labelled).sort("uid")
    done.write_parquet(out / "data.parquet", compression="zstd", compression_level=3)
    report = {"records": done.height, **cleaned, **agreed, "undecided": done["voted"].null_count(), **audit(done)}
    (out / "report.json").write_text(json.dumps(report))


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
