"""Which of equal records is the first: the one that was stored first as it is, then the one of the lower key."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsv.ops.load import load
from tests.runner.workshop import Workshop

SOURCE = {"license": "MIT", "format": "csv", "key": ["id"]}
CLEAN = {"rules": [{"duplicate": {"columns": ["x"]}}]}


def first(shop: Workshop, delivery: str, files: list[str], steps: list[int]) -> list[str]:
    """The ids that are kept, where so many of the deliveries are there when it is built."""
    batches = [f"d{i}" for i in range(len(files))]
    for n in filter(None, steps):
        source = {**SOURCE, "delivery": delivery, "batches": batches[:n]}
        delivered = {("shop", batch): {"0.csv": text.replace(" ", "\n").encode()} for batch, text in zip(batches[:n], files, strict=False)}
        shop.write({"dataset": "d", "sources": {"shop": source}, "clean": CLEAN}, delivered)
        shop.build()
    return load(shop.layout, ".", columns=["_id"]).to_polars()["_id"].to_list()


@pytest.mark.parametrize(
    ("delivery", "files", "kept"),
    [
        ("append", ["id,x a,same b,same"], "a"),
        ("append", ["id,x b,same a,same"], "a"),
        ("append", ["id,x b,same", "id,x a,same"], "b"),
        ("append", ["id,x a,other b,same", "id,x a,same"], "b"),
        ("append", ["id,x a,same b,same", "id,x a,same"], "a"),
        ("snapshot", ["id,x b,same", "id,x a,same b,same"], "b"),
        ("snapshot", ["id,x b,same", "id,x a,same b,same", "id,x,more a,same,1 b,same,1"], "a"),
        ("snapshot", ["id,x b,same", "id,x a,same", "id,x a,same b,same"], "b"),
    ],
    ids=["lower key", "not the place in the file", "earlier delivery", "a correction comes anew", "the same again keeps its place",
         "a snapshot that repeats a row", "all rows have one more column", "taken back where it was"],
)  # fmt: skip
def test_the_first_of_equal_records_is_kept_built_step_by_step_and_at_once(tmp_path: Path, delivery: str, files: list[str], kept: str) -> None:
    for name, steps in (("steps", [len(files) - 1, len(files)]), ("scratch", [len(files)])):
        assert first(Workshop(tmp_path / name), delivery, files, steps) == [f"shop/{kept}"]
