"""The finished table and its changes as Parquet, for peers that have no pipeline."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import polars_hash as plh
import pyarrow as pa
import pyarrow.parquet as pq

from bench import baseline, changes
from bench.generate import CLASSES

SALT = "v2"
TYPES = {"large_string": pa.string(), "uint32": pa.int32()}


def write(frame: pl.DataFrame, path: Path) -> Path:
    """The frame as Parquet, in types that every peer knows."""
    table = frame.to_arrow()
    schema = pa.schema([(field.name, TYPES.get(str(field.type), field.type)) for field in table.schema])
    pq.write_table(table.cast(schema), path, compression="zstd")
    return path


def finished(data: Path, out: Path) -> pl.DataFrame:
    """Cleaned, labelled and split by straight Polars."""
    out.mkdir(parents=True)
    baseline.run(data, out)
    return pl.read_parquet(out / "data.parquet").drop("hash")


def prepare(data: Path, folder: Path, n: int) -> dict[str, Path]:
    """What each step is given, and the table that all of them come to (`same`)."""
    following = dict(zip(CLASSES, (*CLASSES[1:], CLASSES[0]), strict=True))
    table = finished(data, folder / "first-out")
    files = {"first": write(table, folder / "first.parquet")}

    changes.appended(folder / "appended", n, n // 100)
    new = finished(folder / "appended", folder / "append-out")
    files["append"] = write(new, folder / "append.parquet")
    table = pl.concat([table, new])

    rows = table.filter(changes.some("uid", 100, 1) & (pl.col("uid") <= n)).with_columns(pl.col("text") + " fixed 1")
    files["update"] = write(rows, folder / "update.parquet")
    table = table.update(rows, on="uid")

    table = table.with_columns(
        text=pl.when(changes.some("uid", 100)).then(pl.col("text") + " corrected").otherwise("text")
    )
    files["snapshot"] = write(table, folder / "snapshot.parquet")

    rows = table.filter(changes.some("uid", 100)).with_columns(pl.col("voted").replace(following))
    files["relabel"] = write(rows, folder / "relabel.parquet")
    table = table.update(rows, on="uid")

    table = table.filter(pl.col("temp") <= 44.7)
    files["drop"] = files["first"]

    place = plh.concat_str([pl.lit(SALT), pl.col("device")]).nchash.xxh3_64() / 2.0**64
    split = pl.when(place < 0.8).then(pl.lit("train")).when(place < 0.9).then(pl.lit("val")).otherwise(pl.lit("test"))
    devices = table.select(pl.col("device").unique().sort()).with_columns(split=split)
    files["split"] = write(devices, folder / "split.parquet")
    table = table.drop("split").join(devices, on="device", how="left", maintain_order="left")
    files["same"] = write(table, folder / "same.parquet")
    return files
