"""Generated data with the trouble of real deliveries: duplicates, missing values, four date formats, untidy labels.

`records(folder, n)` writes n records as 4 CSV, 3 JSONL and 2 Parquet files, `annotations` 3 labels a record as Parquet.
The generator is seeded by file, so that any size is written with the memory of one file.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

SEED = 20261123
CLASSES = ("bird", "boat", "bottle", "bus", "car", "cat", "chair", "dog", "person", "train")
SHARES = (0.05, 0.04, 0.06, 0.05, 0.22, 0.13, 0.08, 0.12, 0.22, 0.03)
DEVICES, SITES, WORDS, ANNOTATORS = 5_000, 30, 30_000, 60
CUTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.54, 0.68, 0.8, 0.9, 1.0)
EXACT, NEAR, MISSING = 0.05, 0.03, 0.02
SCHEMA = {
    "uid": pl.Int64, "device": pl.String, "site": pl.String, "ts": pl.String, "temp": pl.Float64, "hum": pl.Float64,
    "pres": pl.Float64, "text": pl.String, "label": pl.String,
}  # fmt: skip

Ints = npt.NDArray[np.int64]


def vocabulary() -> pa.Array:
    """Made-up words; the first ones are the frequent ones."""
    rng = np.random.default_rng(SEED)
    syllables = np.array(
        [
            "ka",
            "lo",
            "mi",
            "ra",
            "tu",
            "ne",
            "so",
            "vi",
            "pe",
            "du",
            "an",
            "or",
            "el",
            "ic",
            "ush",
            "gra",
            "ton",
            "ber",
            "fi",
            "wu",
        ]
    )
    words = dict.fromkeys("".join(syllables[rng.integers(0, 20, n)]) for n in rng.integers(1, 5, 3 * WORDS))
    return pa.array(list(words)[:WORDS])


def truth(start: int, n: int) -> Ints:
    """The class of the records start … start + n - 1, as an index into CLASSES."""
    rng = np.random.default_rng([SEED, start, 1])
    return rng.choice(len(CLASSES), n, p=np.array(SHARES) / sum(SHARES))


def rows(start: int, n: int, words: pa.Array) -> pl.DataFrame:
    """Records with uid start + 1 … start + n."""
    rng = np.random.default_rng([SEED, start])
    p = 1 / np.arange(1, len(words) + 1) ** 1.05
    lengths = rng.integers(14, 32, n)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    tokens = np.minimum(np.searchsorted(np.cumsum(p / p.sum()), rng.random(offsets[-1])), len(words) - 1)
    weight = 1 / np.arange(1, DEVICES + 1) ** 0.6
    device = rng.choice(DEVICES, n, p=weight / weight.sum())
    frame = pl.DataFrame(
        {
            "dev": device,
            "lab": truth(start, n),
            "when": 1_700_000_000 // 60 * 60 + rng.integers(0, 525_600, n) * 60,
            "temp": np.round(20 + 8 * rng.standard_normal(n), 3),
            "hum": np.round(rng.random(n) * 100, 2),
            "pres": np.round(1013 + 10 * rng.standard_normal(n), 1),
            "text": pl.Series(pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), words.take(pa.array(tokens))), " ")),
        }
    )  # fmt: skip
    # Exact copies of an earlier record of the file (under another uid), and copies with a word and a figure changed.
    chance, source = rng.random(n), (rng.random(n) * np.arange(n)).astype(np.int64)
    copied = chance < EXACT + NEAR
    near = copied & (chance >= EXACT)
    frame = frame[np.where(copied, source, np.arange(n))].with_columns(
        text=pl.when(pl.Series(near)).then(pl.col("text").str.replace(r" \w+$", " different")).otherwise("text"),
        temp=pl.when(pl.Series(near)).then((pl.col("temp") + 0.007).round(3)).otherwise("temp"),
    )
    return _untidy(frame, rng).with_columns(uid=pl.int_range(start + 1, start + n + 1)).select(*SCHEMA)


def _untidy(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    n = frame.height
    draw = {
        "date": rng.integers(0, 4, n), "case": rng.integers(0, 4, n), "space": rng.random(n), "lost": rng.random(n),
        "what": rng.integers(0, 3, n),
    }  # fmt: skip
    frame = frame.with_columns(pl.Series(name, values) for name, values in draw.items())
    moment = pl.from_epoch("when", time_unit="s")
    label = pl.col("lab").replace_strict(dict(enumerate(CLASSES)), return_dtype=pl.String)
    frame = frame.with_columns(
        device=pl.format("dev-{}", pl.col("dev").cast(pl.String).str.zfill(5)),
        site=pl.format("site-{}", (pl.col("dev") % SITES).cast(pl.String).str.zfill(2)),
        ts=pl.when(pl.col("date") == 0).then(moment.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
        .when(pl.col("date") == 1).then(moment.dt.strftime("%Y-%m-%d %H:%M:%S"))
        .when(pl.col("date") == 2).then(moment.dt.strftime("%d/%m/%Y %H:%M"))
        .otherwise(pl.col("when").cast(pl.String)),
        label=pl.when(pl.col("case") == 0).then(label.str.to_uppercase())
        .when(pl.col("case") == 1).then(pl.format(" {} ", label))
        .when(pl.col("case") == 2).then(label.str.to_titlecase()).otherwise(label),
        text=pl.when(pl.col("space") < 0.2).then(pl.col("text").str.replace(" ", "  ", literal=True))
        .when(pl.col("space") < 0.3).then(pl.format(" {}", pl.col("text"))).otherwise("text"),
    )  # fmt: skip
    lost = pl.col("lost") < MISSING
    return frame.with_columns(
        label=pl.when(lost & (pl.col("what") == 0)).then(pl.lit("N/A")).otherwise("label"),
        text=pl.when(lost & (pl.col("what") == 1)).then(None).otherwise("text"),
        temp=pl.when(lost & (pl.col("what") == 2)).then(None).otherwise("temp"),
    )


def votes(start: int, n: int) -> pl.DataFrame:
    """Three annotators' labels of the records with uid start + 1 …, some wrong, in scattered order."""
    rng = np.random.default_rng([SEED, start, 2])
    accuracy = np.random.default_rng(SEED + 1).uniform(0.55, 0.97, ANNOTATORS)
    who = ((rng.integers(0, ANNOTATORS, n)[:, None] + np.array([0, 7, 23])) % ANNOTATORS).ravel()
    right = rng.random(3 * n) < accuracy[who]
    label = np.where(right, np.repeat(truth(start, n), 3), rng.integers(0, len(CLASSES), 3 * n))
    order = rng.permutation(3 * n)
    return pl.DataFrame(
        {
            "uid": np.repeat(np.arange(start + 1, start + n + 1), 3)[order],
            "annotator": pl.Series(who[order]).cast(pl.String).str.zfill(2).str.replace("^", "a"),
            "label": pl.Series(np.array(CLASSES)[label[order]]),
        }
    )


def save(frame: pl.DataFrame, path: Path) -> None:
    """Writes the frame in the format of the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        frame.write_csv(path)
    elif path.suffix == ".jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_parquet(path, compression="zstd")


def generate(folder: Path, n: int, first: int = 0) -> None:
    """n records after the `first` ones in `folder/records`, 3 n annotations in `folder/votes`; nothing when they are there."""
    if (folder / "complete").exists():
        return
    words = vocabulary()
    for i, (low, high) in enumerate(itertools.pairwise(CUTS)):
        start, end = first + int(low * n), first + int(high * n)
        suffix = "csv" if i < 4 else "jsonl" if i < 7 else "parquet"
        save(rows(start, end - start, words), folder / "records" / f"part-{i}.{suffix}")
        save(votes(start, end - start), folder / "votes" / f"votes-{i}.parquet")
    (folder / "complete").touch()


if __name__ == "__main__":
    generate(Path(sys.argv[1]), int(sys.argv[2]))
